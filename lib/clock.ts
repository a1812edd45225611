import { setTimeout as wait } from 'node:timers/promises'

/** The only source of time. `now` is wall time, `monotonic` never jumps and has no meaning outside this process. */
export interface Clock {
  now(): Date
  /** Milliseconds since some moment; only differences mean something. */
  monotonic(): number
  /** Rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own clock. Its timers do not keep a process alive by themselves only while somebody awaits them. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await wait(milliseconds, undefined, signal ? { signal } : {}).catch(error => {
      throw signal?.aborted ? signal.reason : error
    })
  },
}

/** A day of 24 hours, whatever a calendar says. */
export const dayMilliseconds = 86_400_000

/** Days of 24 hours since a time in ISO 8601; negative when it is still to come. */
export const ageDays = (time: string, now: Date): number =>
  (now.getTime() - Date.parse(time)) / dayMilliseconds

/** `20250408T160000Z`: ISO 8601 basic format in UTC, whole seconds; sorts as time does. */
export function compactTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}
