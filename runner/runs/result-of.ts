import { type errorBody, RespaldoError, throwIfAborted } from '#lib/errors'
import { type Report, silent } from '#lib/events'
import type { NumberedEvent } from '#lib/runs/record'
import { received } from '../invoke.ts'

/** What the last of a run's events says: the result, or the error, which is thrown; those before are reported. */
export async function resultOf(
  events: AsyncIterable<NumberedEvent>,
  { report = silent, signal }: { report?: Report; signal?: AbortSignal | undefined },
): Promise<unknown> {
  for await (const { event } of events) {
    if (event.type === 'done') return event.result
    if (event.type === 'failed') throw received(event.error as ReturnType<typeof errorBody>)
    report(event)
  }
  throwIfAborted(signal)
  throw new RespaldoError('internal', 'The events of a run have no end')
}
