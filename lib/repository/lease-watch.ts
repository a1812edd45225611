import type { Clock } from '../clock.ts'
import { toRespaldoError } from '../errors.ts'
import { expiry, lookEvery } from './lease-times.ts'

/** What a look found since the one before: `expired` when nothing changed for an expiry of the observer's own monotonic clock. */
export type Sign = 'first' | 'changed' | 'same' | 'expired'

/** Watches one object for signs of life, by nothing but whether its text changes. */
export function openWatch(clock: Clock) {
  let seen: { text: string; at: number } | undefined
  return {
    /** `asked` is the monotonic time before the text was read, so that a slow answer makes nobody look dead. */
    look(text: string, asked: number): Sign {
      const before = seen
      if (before?.text === text) return asked - before.at >= expiry ? 'expired' : 'same'
      seen = { text, at: clock.monotonic() }
      return before ? 'changed' : 'first'
    },
    /** Until the next look: soon, and exactly when it would expire. */
    async pause(signal: AbortSignal | undefined): Promise<void> {
      const left = (seen?.at ?? 0) + expiry - clock.monotonic()
      await clock.sleep(Math.max(1, Math.min(lookEvery, left)), signal).catch(error => {
        throw toRespaldoError(error)
      })
    },
  }
}
