import type { errorBody } from '../errors.ts'
import type { RunEvent } from '../events.ts'

/** Who asked for a run; never a secret. */
export interface Caller {
  origin: 'cli' | 'http' | 'cron' | 'webhook'
  /** The token's, the session's, the schedule's or the webhook's name. */
  name?: string
  /** The address that the request came from. */
  address?: string
}

/** What a run can be, in the order in which it comes to that. `interrupted`: its runner died; what became of it, only what it changed can tell. */
export const runStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const
/** One of `runStates`. */
export type RunState = (typeof runStates)[number]

/** True when nothing more comes of it. */
export const isOver = (state: RunState): boolean => state !== 'queued' && state !== 'running'

/** What is asked of a run. */
export interface RunRequest {
  function: string
  input: Readonly<Record<string, unknown>>
  by: Caller
  /** A second request with the same key and function is the first one's run. */
  idempotencyKey?: string | undefined
}

/**
 * One execution of a function that changes something, as the repository keeps it at `runs/<day>/<id>.json`. Times in ISO 8601 UTC, sizes in
 * bytes, durations in seconds. The input is kept without what confirms.
 */
export interface RunRecord {
  format: 1
  id: string
  function: string
  input: Readonly<Record<string, unknown>>
  by: Caller
  source?: string
  state: RunState
  queued: string
  started?: string
  finished?: string
  seconds?: number
  /** What the operation logs of old had: of the backups that it made. */
  size?: number
  records?: number
  error?: Omit<ReturnType<typeof errorBody>, 'context'>
  warnings: readonly string[]
  /** The highest of the process while it ran, when it ran alone or not. */
  peakMemoryBytes?: number
  idempotencyKey?: string
  /** The runner's process. */
  holder: RunHolder
}

/** A process that runs functions, as leases name theirs. */
export interface RunHolder {
  host: string
  pid: number
  startedAt: string
}

/** An event of a run with its place in the order, from 1. */
export interface NumberedEvent {
  id: number
  time: string
  event: RunEvent
}
