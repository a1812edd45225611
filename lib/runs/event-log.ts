import type { RunEvent } from '../events.ts'
import type { NumberedEvent } from './record.ts'

/** So many events of progress are remembered: who reads slower misses some, but never a step, a warning or the end. */
const rememberedProgress = 50

/** The events of one run while it goes on, for any number of readers, each at its own pace. */
export interface EventLog {
  add(event: RunEvent): void
  /** The event as it would stand here next, without anybody seeing it yet. */
  numbered(event: RunEvent): NumberedEvent
  /** Shows what `numbered` made. */
  append(event: NumberedEvent): void
  /** Those that are remembered, in order. */
  events(): readonly NumberedEvent[]
  /** From the event after that number on; waits for more until the run's last one. Ends at once when the signal is aborted. */
  follow(after: number, signal?: AbortSignal): AsyncGenerator<NumberedEvent>
}

/** Numbers events from 1. What it holds grows with steps and warnings, which are few, and not with bytes. */
export function openEventLog(now: () => Date): EventLog {
  const events: NumberedEvent[] = []
  let last = 0
  let progress = 0
  let news = Promise.withResolvers<void>()

  const numbered = (event: RunEvent): NumberedEvent => ({ id: ++last, time: now().toISOString(), event })

  function append(one: NumberedEvent): void {
    events.push(one)
    if (one.event.type === 'progress' && ++progress > rememberedProgress) forgetOldestProgress()
    news.resolve()
    news = Promise.withResolvers()
  }

  function forgetOldestProgress(): void {
    progress -= 1
    events.splice(
      events.findIndex(({ event }) => event.type === 'progress'),
      1,
    )
  }

  async function* follow(after: number, signal?: AbortSignal): AsyncGenerator<NumberedEvent> {
    const gone = aborted(signal)
    let seen = after
    while (!signal?.aborted) {
      const next = events.find(({ id }) => id > seen)
      if (next) {
        seen = next.id
        yield next
        if (isLast(next.event)) return
      } else if (isLast(events.at(-1)?.event)) return
      else await Promise.race([news.promise, gone])
    }
  }

  return { add: event => append(numbered(event)), numbered, append, events: () => events, follow }
}

/** True for the event after which none comes. */
export const isLast = (event: RunEvent | undefined): boolean =>
  event?.type === 'done' || event?.type === 'failed'

const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }))
