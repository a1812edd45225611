import type { Clock } from '#lib/clock'
import type { NumberedEvent } from '#lib/runs/record'

/** How events become bytes. */
export interface EventForm {
  type: string
  /** Before the first event. */
  opening: string
  event(event: NumberedEvent): string
  /** Sent now and then while there are no events, so that nobody in between takes the connection for dead; '' for none. */
  heartbeat: string
}

/** One JSON document a line: the number, the time and the event. */
export const numberedLines: EventForm = {
  type: 'application/x-ndjson; charset=utf-8',
  opening: '',
  event: event => `${JSON.stringify(event)}\n`,
  heartbeat: '',
}

/** One JSON document a line: the event alone, as functions answer. */
export const plainLines: EventForm = {
  ...numberedLines,
  event: ({ event }) => `${JSON.stringify(event)}\n`,
}

/** Server-sent events; a browser that lost the connection asks for those after the last number it saw. */
export const serverSent: EventForm = {
  type: 'text/event-stream; charset=utf-8',
  opening: 'retry: 2000\n\n',
  event: ({ id, time, event }) =>
    `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify({ time, ...event })}\n\n`,
  heartbeat: ': \n\n',
}

const heartbeatMilliseconds = 15_000

/**
 * The events as an answer, each made when its reader wants it. Not hono/streaming, which ends a failed stream cleanly: here it breaks.
 * `gone` is called when the reader goes away before the end.
 */
export function eventAnswer(
  events: AsyncIterable<NumberedEvent>,
  form: EventForm,
  { clock, gone, headers = {} }: { clock: Clock; gone(): void; headers?: Readonly<Record<string, string>> },
): Response {
  const encoder = new TextEncoder()
  const iterator = events[Symbol.asyncIterator]()
  let next: ReturnType<typeof iterator.next> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (form.opening) controller.enqueue(encoder.encode(form.opening))
    },
    async pull(controller) {
      next ??= iterator.next()
      const came = await inTime(next, clock)
      if (!came) return controller.enqueue(encoder.encode(form.heartbeat))
      next = undefined
      if (came.done) controller.close()
      else controller.enqueue(encoder.encode(form.event(came.value)))
    },
    cancel: gone,
  })
  return new Response(body, {
    headers: { 'content-type': form.type, 'cache-control': 'no-store', ...headers },
  })
}

/** What came, or undefined when it was time for a heartbeat. */
async function inTime<T>(next: Promise<T>, clock: Clock): Promise<T | undefined> {
  const came = new AbortController()
  const tick = clock.sleep(heartbeatMilliseconds, came.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([next, tick])
  } finally {
    came.abort()
  }
}
