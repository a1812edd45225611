import type { FunctionApp } from '#lib/http/create-function'
import type { Firing } from '#lib/schedule/firing'
import type { Services } from '#lib/services'
import type { Store } from '#lib/store/store'
import type { Runs } from '../runs.ts'
import type { Turns } from './turns.ts'

/** What the firing of schedules needs of the world. */
export interface SchedulesOptions {
  services: Services
  runs: Runs
  functions: Readonly<Record<string, FunctionApp>>
  /** Told every firing that is over here, and every one of another runner that was found interrupted; what it does fails nothing. */
  tell(firing: Firing): void
  /** Told what could not be read or kept; it is tried again. */
  onProblem(error: unknown): void
}

/** The same, at work. */
export interface Parts extends SchedulesOptions {
  store: Store
  inTurn: Turns
  /** Aborted when nothing is to be begun any more. */
  stop: AbortSignal
}
