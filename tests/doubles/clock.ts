import { setImmediate } from 'node:timers/promises'
import type { Clock } from '#lib/clock'
import { toRespaldoError } from '#lib/errors'

export interface ManualClock extends Clock {
  /** Moves both times on and wakes sleepers in the order of their times; what they do at once is done when it resolves. */
  advance(milliseconds: number): Promise<void>
  /** Moves the wall clock alone, as an administrator does. */
  setNow(now: Date): void
  /** Moves the monotonic time alone and wakes nobody: what a process finds that was stopped for so long. */
  skip(milliseconds: number): void
  /** How many sleep now. */
  readonly sleepers: number
}

/** A clock that stands still until a test moves it. */
export function manualClock(start = new Date('2025-04-08T16:00:00Z')): ManualClock {
  let wall = start.getTime()
  let monotonic = 0
  const sleeping = new Set<{ until: number; wake: () => void }>()

  function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { until: monotonic + Math.max(0, milliseconds), wake: resolve }
      const abort = () => {
        sleeping.delete(sleeper)
        reject(toRespaldoError(signal?.reason))
      }
      if (signal?.aborted) return abort()
      sleeping.add(sleeper)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  async function advance(milliseconds: number): Promise<void> {
    const end = monotonic + milliseconds
    for (;;) {
      await settled()
      const [first] = [...sleeping].sort((a, b) => a.until - b.until)
      if (!first || first.until > end) break
      sleeping.delete(first)
      move(Math.max(monotonic, first.until))
      first.wake()
    }
    move(end)
  }

  function move(to: number): void {
    wall += to - monotonic
    monotonic = to
  }

  return {
    now: () => new Date(wall),
    monotonic: () => monotonic,
    sleep,
    advance,
    setNow: now => {
      wall = now.getTime()
    },
    skip: milliseconds => {
      monotonic += milliseconds
    },
    get sleepers() {
      return sleeping.size
    },
  }
}

/** Whoever was woken has gone as far as it can without waiting for the world. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate()
}
