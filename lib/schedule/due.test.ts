import { describe, expect, test } from 'vitest'
import { planFiring, untilNext } from './due.ts'
import { type Schedule, timesOf } from './schedule.ts'
import { delayOf, openTimes } from './times.ts'

const hourly: Schedule = {
  name: 'hourly',
  function: 'create',
  input: {},
  pattern: '0 * * * *',
  timeZone: 'UTC',
  jitterSeconds: 0,
  catchUp: true,
  enabled: true,
  following: [],
}
const at = (time: string) => new Date(`2026-01-01T${time}Z`)
const claimed = (time: string, schedule = hourly) => ({ at: at(time), times: timesOf(schedule) })

function plan(
  now: string,
  known: { began?: string; newest?: { at: Date; times: string } },
  schedule = hourly,
) {
  const due = planFiring(schedule, openTimes(schedule), {
    now: at(now),
    began: at(known.began ?? '00:30'),
    newest: known.newest,
  })
  return due && [due.at.toISOString().slice(11, 16), due.skip]
}

describe('what is due', () => {
  test('a moment as soon as it has come, until it is claimed', () => {
    expect(plan('11:00', { newest: claimed('10:00') })).toEqual(['11:00', undefined])
    expect(plan('10:59:59.999', { newest: claimed('10:00') })).toBeUndefined()
    expect(plan('11:30', { newest: claimed('11:00') })).toBeUndefined()
  })

  test('of those that were missed the newest, and only when they are to be made up for', () => {
    expect(plan('15:30', { began: '15:29', newest: claimed('10:00') })).toEqual(['15:00', undefined])
    expect(plan('15:30', { newest: claimed('10:00') }, { ...hourly, catchUp: false })).toEqual([
      '15:00',
      'it was missed, and is not to be made up for',
    ])
    expect(plan('15:01', { newest: claimed('14:00') }, { ...hourly, catchUp: false })).toEqual([
      '15:00',
      undefined,
    ])
  })

  test('nothing of before a schedule was there', () => {
    const skip = 'it is new, or its times were changed'
    expect(plan('15:30', { began: '15:30' })).toEqual(['15:00', skip])
    expect(plan('15:30', { began: '15:30', newest: { at: at('10:00'), times: '0 10 * * * UTC' } })).toEqual([
      '15:00',
      skip,
    ])
    expect(plan('16:00', { began: '15:30' })).toEqual(['16:00', undefined])
  })

  test('nothing of what is disabled, also later', () => {
    expect(plan('11:00', { newest: claimed('10:00') }, { ...hourly, enabled: false })).toEqual([
      '11:00',
      'it is disabled',
    ])
  })

  test('a moment with jitter when its delay is over, and the one before until then', () => {
    const late = { ...hourly, jitterSeconds: 1800 }
    const delay = delayOf(late, openTimes(late), at('11:00'))
    expect(delay).toBeGreaterThan(1000)
    const just = new Date(at('11:00').getTime() + delay).toISOString().slice(11, 23)
    const before = new Date(at('11:00').getTime() + delay - 1).toISOString().slice(11, 23)
    expect(plan(just, { newest: claimed('10:00') }, late)).toEqual(['11:00', undefined])
    expect(plan(before, { newest: claimed('10:00') }, late)).toBeUndefined()
    expect(plan(before, { newest: claimed('09:00') }, late)).toEqual(['10:00', undefined])
  })

  test('it is looked again when the next one comes', () => {
    const times = openTimes(hourly)
    expect(untilNext(hourly, times, at('10:59:00'))).toBe(60_000)
    expect(untilNext(hourly, times, at('11:00'))).toBe(3_600_000)
    expect(
      untilNext(
        { ...hourly, pattern: '0 0 30 2 *' },
        openTimes({ pattern: '0 0 30 2 *', timeZone: 'UTC' }),
        at('11:00'),
      ),
    ).toBeUndefined()
  })
})
