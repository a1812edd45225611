import { type Schedule, timesOf } from './schedule.ts'
import { comesAt, pending, type Times } from './times.ts'

/** What is known when it is decided. */
export interface Known {
  now: Date
  /** When this runner took the schedule up as it is. */
  began: Date
  /** The newest firing not after now that somebody claimed, whatever came of it. */
  newest: { at: Date; times: string } | undefined
}

/** A firing that is due. With `skip` it is claimed all the same, so that everybody knows that it is over, but nothing runs. */
export interface Due {
  at: Date
  skip?: string
}

/** A firing that comes later than this was missed. */
const lateMilliseconds = 60_000

/**
 * The firing that is due, or undefined. Of several that were missed it is the newest alone. What was claimed never is, whatever became of the
 * clock: firings are told apart by their scheduled moments, not by when they happen.
 */
export function planFiring(schedule: Schedule, times: Times, { now, began, newest }: Known): Due | undefined {
  const at = dueMoment(schedule, times, now)
  if (!at || (newest && newest.at >= at)) return undefined
  const skip = whySkipped(schedule, { at, isLate: isLate(schedule, times, at, now), began, newest })
  return skip === undefined ? { at } : { at, skip }
}

/** When to look again: at the next firing. Milliseconds; undefined when none ever comes. */
export function untilNext(schedule: Schedule, times: Times, now: Date): number | undefined {
  const next = pending(schedule, times, now)
  return next && comesAt(schedule, times, next) - now.getTime()
}

function whySkipped(
  schedule: Schedule,
  { at, isLate, began, newest }: { at: Date; isLate: boolean } & Pick<Known, 'began' | 'newest'>,
): string | undefined {
  if (!schedule.enabled) return 'it is disabled'
  if (newest?.times !== timesOf(schedule) && at <= began) return 'it is new, or its times were changed'
  if (isLate && !schedule.catchUp) return 'it was missed, and is not to be made up for'
  return undefined
}

/** The newest moment whose delay is over. */
function dueMoment(schedule: Schedule, times: Times, now: Date): Date | undefined {
  const last = times.until(now)
  if (!last || comesAt(schedule, times, last) <= now.getTime()) return last
  return times.until(new Date(last.getTime() - 1))
}

function isLate(schedule: Schedule, times: Times, at: Date, now: Date): boolean {
  return now.getTime() - comesAt(schedule, times, at) > lateMilliseconds
}
