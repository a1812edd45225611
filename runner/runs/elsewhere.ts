import type { Clock } from '#lib/clock'
import { throwIfAborted } from '#lib/errors'
import { isOver, type NumberedEvent, type RunRecord } from '#lib/runs/record'
import { noSuchRun, readEvents, readRun } from '#lib/runs/run-object'
import type { Store } from '#lib/store/store'

/** How often a run of another runner is looked at. */
const lookEvery = 1_000

/**
 * The events of a run that is over or another runner's. Those of another runner can be had at its end only; of one that was interrupted the
 * only event is that it failed, whatever number the reader had reached.
 */
export async function* keptEvents(
  store: Store,
  clock: Clock,
  { id, after, signal }: { id: string; after: number; signal: AbortSignal | undefined },
): AsyncGenerator<NumberedEvent> {
  const record = await untilOver(store, clock, id, signal)
  const kept = await readEvents(store, id)
  if (kept) yield* kept.filter(event => event.id > after)
  else yield lastEvent(record, after + 1)
}

async function untilOver(store: Store, clock: Clock, id: string, signal?: AbortSignal): Promise<RunRecord> {
  for (;;) {
    throwIfAborted(signal)
    const record = await readRun(store, id)
    if (!record) throw noSuchRun(id)
    if (isOver(record.state)) return record
    await clock.sleep(lookEvery, signal)
  }
}

function lastEvent({ error, finished, queued }: RunRecord, id: number): NumberedEvent {
  const time = finished ?? queued
  if (error) return { id, time, event: { type: 'failed', error } }
  return { id, time, event: { type: 'done', result: {} } }
}
