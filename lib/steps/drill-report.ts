import type { ErrorCode } from '../errors.ts'
import type { Scenario } from './drill-choice.ts'
import type { Trial } from './examined-content.ts'

/** One source in one scenario. Times in seconds. */
export interface DrillResult {
  source: string
  scenario: Scenario
  verdict: 'passed' | 'failed'
  /** Undefined when there is none to restore. */
  backup?: string
  /** Age of the recovery point as the drill began: what would be lost (RPO). */
  recoveryPointAge?: number
  /** The newest backup that had been restored and compared before, and its age. */
  newestProven?: { backup: string; age: number }
  /** From the order to restore to the compared source (RTO); with a lost server also the time that a new one took. */
  recoveryTime?: number
  evidence?: Trial
  error?: { code: ErrorCode; message: string; hint?: string }
}

/** What a drill showed, as it is kept under `drills/`. */
export interface DrillReport {
  format: 1
  /** Sortable, unique: the name of its files. */
  run: string
  verdict: 'passed' | 'failed'
  started: string
  finished: string
  host: string
  tool: string
  results: readonly DrillResult[]
}

/** Of a trial restore's steps, those that are no part of a recovery. */
const besides = new Set(['read', 'dumps', 'checks'])

/** How long a recovery would have taken. A server that is there already need not be made. */
export function recoverySeconds({ seconds }: Pick<Trial, 'seconds'>, scenario: Scenario): number {
  const counts = (step: string) => !besides.has(step) && (step !== 'scratch' || scenario === 'server-lost')
  const sum = Object.entries(seconds).reduce(
    (total, [step, time]) => (counts(step) ? total + time : total),
    0,
  )
  return Math.round(sum * 1000) / 1000
}
