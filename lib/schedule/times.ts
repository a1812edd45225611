import { createHash } from 'node:crypto'
import { Cron } from 'croner'
import type { Schedule } from './schedule.ts'

/** The moments that a pattern means, in whole seconds. */
export interface Times {
  /** The first after that moment; undefined when there is none any more. */
  after(moment: Date): Date | undefined
  /** The last at or before that moment; undefined when there is none. */
  until(moment: Date): Date | undefined
}

/**
 * Reads a pattern; RangeError or TypeError says what is wrong with it. Where a clock is set forward, a fixed time that is left out comes at the
 * first moment after the gap; where it is set back, a fixed time comes once and what is meant by the hour or minute comes in both hours.
 */
export function openTimes({ pattern, timeZone }: Pick<Schedule, 'pattern' | 'timeZone'>): Times {
  const cron = new Cron(pattern, {
    paused: true,
    timezone: timeZone,
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
  })
  return {
    after: moment => cron.nextRun(moment) ?? undefined,
    // croner looks before a moment and knows whole seconds only.
    until: moment => cron.previousRuns(1, new Date(Math.floor(moment.getTime() / 1000 + 1) * 1000))[0],
  }
}

/**
 * How much later than its moment a firing comes: the same on every runner, another one for every schedule and every moment, in milliseconds.
 * Always before the next moment, so that firings keep their order.
 */
export function delayOf(
  { name, jitterSeconds }: Pick<Schedule, 'name' | 'jitterSeconds'>,
  times: Times,
  at: Date,
): number {
  if (jitterSeconds === 0) return 0
  const gap = (times.after(at)?.getTime() ?? Number.POSITIVE_INFINITY) - at.getTime()
  const digest = createHash('sha256').update(`${name}\n${at.toISOString()}`).digest()
  return Math.floor((digest.readUInt32BE() / 2 ** 32) * Math.min(jitterSeconds * 1000, gap))
}

/** The next so many firings of all that are enabled, in the order in which they come; their moments with the delay. */
export function nextFirings(
  schedules: readonly Schedule[],
  now: Date,
  limit: number,
): { schedule: Schedule; at: Date }[] {
  const all = schedules
    .filter(({ enabled }) => enabled)
    .flatMap(schedule => firingsOf(schedule, now, limit).map(at => ({ schedule, at })))
  return all.sort((a, b) => a.at.getTime() - b.at.getTime()).slice(0, limit)
}

function firingsOf(schedule: Schedule, now: Date, limit: number): Date[] {
  const times = openTimes(schedule)
  const found: Date[] = []
  for (let at = pending(schedule, times, now); at && found.length < limit; at = times.after(at))
    found.push(new Date(comesAt(schedule, times, at)))
  return found
}

/** The moment whose firing comes next: the last one while its delay is not over, else the first after now. */
export function pending(schedule: Schedule, times: Times, now: Date): Date | undefined {
  const last = times.until(now)
  return last && comesAt(schedule, times, last) > now.getTime() ? last : times.after(now)
}

/** When the firing of a moment comes, in milliseconds since 1970. */
export const comesAt = (schedule: Schedule, times: Times, at: Date): number =>
  at.getTime() + delayOf(schedule, times, at)
