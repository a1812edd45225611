import { errorBody, type RespaldoError } from '../errors.ts'
import type { RunEvent } from '../events.ts'
import type { Manifest } from '../repository/manifest.ts'
import { recordsOf } from '../repository/manifest.ts'
import type { NumberedEvent, RunRecord, RunState } from './record.ts'

/** What a run came to. */
export type Outcome = { result: unknown } | { error: RespaldoError }

/** The last event of a run that came to that. */
export const lastEvent = (outcome: Outcome): RunEvent =>
  'result' in outcome
    ? { type: 'done', result: outcome.result }
    : { type: 'failed', error: errorBody(outcome.error) }

/** What is known of a run at its end beside its outcome. */
export interface EndFacts {
  finished: Date
  /** Of its own process's clock, so that a clock that was set does no harm; undefined when it never began. */
  seconds: number | undefined
  events: readonly NumberedEvent[]
  /** Where it worked, if it found a source. */
  source: string | undefined
  peakMemoryBytes: number | undefined
}

/** The record of a run that reached its end. */
export function endedRecord(record: RunRecord, outcome: Outcome, facts: EndFacts): RunRecord {
  const source = facts.source ?? ('result' in outcome ? sourceOf(outcome.result) : undefined)
  return {
    ...record,
    state: stateOf(outcome),
    finished: facts.finished.toISOString(),
    ...(facts.seconds === undefined ? {} : { seconds: Math.round(facts.seconds * 1000) / 1000 }),
    ...(source === undefined ? {} : { source }),
    ...(facts.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: facts.peakMemoryBytes }),
    ...('result' in outcome ? made(outcome.result) : { error: shortError(outcome.error) }),
    warnings: facts.events.flatMap(({ event }) => (event.type === 'warning' ? [event.message] : [])),
  }
}

/** The record of a run that its dead runner left open. */
export function interruptedRecord(record: RunRecord, error: RespaldoError, now: Date): RunRecord {
  return { ...record, state: 'interrupted', finished: now.toISOString(), error: shortError(error) }
}

function stateOf(outcome: Outcome): RunState {
  if ('result' in outcome) return 'succeeded'
  return outcome.error.code === 'cancelled' ? 'cancelled' : 'failed'
}

/** Without its context, which may be as long as a server has databases. */
function shortError(error: RespaldoError): NonNullable<RunRecord['error']> {
  const { context: _, ...short } = errorBody(error)
  return short
}

/** What the backups come to that a result shows. */
function made(result: unknown): Pick<RunRecord, 'size' | 'records'> {
  const backups = backupsIn(result)
  if (backups.length === 0) return {}
  const records = backups.map(recordsOf)
  return {
    size: sum(backups.map(({ sizes }) => sizes.stored)),
    ...(records.every(count => count !== undefined) ? { records: sum(records) } : {}),
  }
}

/** The manifests of the backups that a function's result shows, be it one or one of each database or volume. */
export function backupsIn(result: unknown): Manifest[] {
  const { backup, databases = [], volumes = [] } = (result ?? {}) as Record<string, unknown>
  const several = [databases, volumes].flat() as { backup?: unknown }[]
  return [backup, ...several.map(one => one?.backup)].filter(isManifest)
}

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' && value !== null && 'sizes' in value && 'totals' in value

/** Of functions that concern one source: what they say of it. */
function sourceOf(result: unknown): string | undefined {
  const { source } = (result ?? {}) as { source?: unknown }
  if (typeof source === 'string') return source
  const [backup, ...others] = backupsIn(result)
  return others.length === 0 ? backup?.source.id : undefined
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
