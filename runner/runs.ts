import type { NumberedEvent, RunRecord, RunRequest } from '#lib/runs/record'

/** The executions of this process: every way in but the one-off command starts them here. */
export interface Runs {
  /**
   * Queues a run and returns its record; the run of the same idempotency key where there is one. `too-many-requests` when the queue is full.
   * The input is checked before: a run that cannot begin is none.
   */
  start(request: RunRequest): Promise<{ record: RunRecord; repeated: boolean }>
  /** Resolves with the result, or throws what the run failed with. */
  result(id: string, signal?: AbortSignal): Promise<unknown>
  /** From the event after that number on, to the last; live while it runs. */
  events(id: string, after?: number, signal?: AbortSignal): AsyncIterable<NumberedEvent>
  /** Newest first. */
  list(filter: {
    function?: string
    state?: RunRecord['state']
    limit: number
  }): Promise<readonly RunRecord[]>
  /** Undefined when there is none. */
  find(id: string): Promise<RunRecord | undefined>
  /** The command beside the database ends within 5 s. False when it had ended before. */
  cancel(id: string, reason: string): Promise<boolean>
  /** Called with every record that reached its end here; what it does delays and fails nothing. */
  onEnd(listener: (record: RunRecord, result: unknown) => void): void
  /** For metrics. */
  facts(): { running: number; queued: number; limit: number }
  /** Takes no new ones; waits so long for those that run, then cancels them. */
  drain(graceMilliseconds: number): Promise<void>
}
