/** What a run tells while it goes on. `done` or `failed` is the last event of a run and comes exactly once. */
export type RunEvent =
  | { type: 'step'; step: string; message: string }
  | { type: 'progress'; step: string; bytes: number; totalBytes?: number }
  | { type: 'warning'; message: string; hint?: string }
  | { type: 'done'; result: unknown }
  | { type: 'failed'; error: { code: string; message: string; hint?: string; context?: unknown } }

/** Takes the events of one run, in order. Never throws and never waits. */
export type Report = (event: RunEvent) => void

/** A report for who does not want to know. */
export const silent: Report = () => {}

/** Tells what the user should know, in the words of an error or of one's own. */
export function warn(
  report: Report,
  { message, hint }: { message: string; hint?: string | undefined },
): void {
  report({ type: 'warning', message, ...(hint ? { hint } : {}) })
}

/** Passes bytes through and reports their running total, at most every `everyBytes`. */
export async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  step: string,
  report: Report,
  options: { totalBytes?: number | undefined; everyBytes?: number } = {},
): AsyncGenerator<Uint8Array> {
  const every = options.everyBytes ?? 4 * 1024 * 1024
  let total = 0
  let told = 0
  const tell = () => {
    told = total
    report({
      type: 'progress',
      step,
      bytes: total,
      ...(options.totalBytes === undefined ? {} : { totalBytes: options.totalBytes }),
    })
  }
  for await (const piece of bytes) {
    total += piece.byteLength
    if (total - told >= every) tell()
    yield piece
  }
  tell()
}
