import type { Clock } from '../clock.ts'

/** Milliseconds between two renewals of a lease. */
export const renewEvery = 5_000

/** Milliseconds without a renewal after which a holder has lost its lease, and after which an observer may take it. */
export const expiry = 20_000

/** Milliseconds between two looks at a lease that somebody holds, and after a renewal that failed. */
export const lookEvery = 1_000

/** False when it was stopped. */
export async function slept(clock: Clock, milliseconds: number, stop: AbortSignal): Promise<boolean> {
  await clock.sleep(milliseconds, stop).catch(() => {})
  return !stop.aborted
}

/** Waits for the work, whatever comes of it, but not for ever when the store does not answer: a renewal's time at most. */
export async function patiently(clock: Clock, work: Promise<unknown>): Promise<void> {
  const done = new AbortController()
  await Promise.race([work.catch(() => {}), slept(clock, renewEvery, done.signal)])
  done.abort()
}
