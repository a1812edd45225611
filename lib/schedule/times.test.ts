import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Schedule } from './schedule.ts'
import { delayOf, nextFirings, openTimes } from './times.ts'

const firings = (pattern: string, timeZone: string, after: string, count: number): (string | undefined)[] => {
  const times = openTimes({ pattern, timeZone })
  const found: (Date | undefined)[] = []
  for (let at: Date | undefined = new Date(after); found.length < count; ) {
    at = at && times.after(at)
    found.push(at)
  }
  return found.map(at => at?.toISOString().replace(':00.000Z', 'Z'))
}

describe('the moments of a pattern', () => {
  test.each([
    // Forward at 02:00 to 03:00, on 29 March 2026 in Madrid.
    [
      'a fixed time in the gap comes right after it',
      '30 2 * * *',
      'Europe/Madrid',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'the hour before the gap is nothing special',
      '59 1 * * *',
      'Europe/Madrid',
      '2026-03-28T12:00Z',
      ['2026-03-29T00:59Z', '2026-03-29T23:59Z'],
    ],
    [
      'an hourly one goes on by the hour over the gap',
      '0 * * * *',
      'Europe/Madrid',
      '2026-03-28T23:30Z',
      ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
    // Back at 03:00 to 02:00, on 25 October 2026.
    [
      'a fixed time that there is twice comes once',
      '30 2 * * *',
      'Europe/Madrid',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'also when it is one of two',
      '30 2,14 * * *',
      'Europe/Madrid',
      '2026-10-24T23:00Z',
      ['2026-10-25T00:30Z', '2026-10-25T13:30Z'],
    ],
    [
      'an hourly one comes in both hours',
      '0 * * * *',
      'Europe/Madrid',
      '2026-10-24T23:30Z',
      ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
    ],
    // Half an hour, on Lord Howe.
    [
      'a gap of half an hour',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-02T20:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    ['leap days', '0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    [
      'the 29th of February is left out in 2100',
      '0 0 29 2 *',
      'UTC',
      '2096-03-01T00:00Z',
      ['2104-02-29T00:00Z'],
    ],
    [
      'the 31st of months that have one',
      '0 0 31 * *',
      'UTC',
      '2026-01-31T00:00Z',
      ['2026-03-31T00:00Z', '2026-05-31T00:00Z'],
    ],
    [
      'the last day of a month',
      '0 0 L * *',
      'UTC',
      '2028-02-01T00:00Z',
      ['2028-02-29T00:00Z', '2028-03-31T00:00Z'],
    ],
    ['quarters', '0 3 1 1,4,7,10 *', 'UTC', '2026-01-01T03:00Z', ['2026-04-01T03:00Z', '2026-07-01T03:00Z']],
    [
      'Sundays',
      '0 3 * * 0',
      'Europe/Madrid',
      '2026-03-27T00:00Z',
      ['2026-03-29T01:00Z', '2026-04-05T01:00Z'],
    ],
    ['seconds', '30 0 0 * * *', 'UTC', '2026-01-01T00:00:29.999Z', ['2026-01-01T00:00:30.000Z']],
  ] as const)('%s', (_, pattern, timeZone, after, expected) => {
    expect(firings(pattern, timeZone, after, expected.length)).toEqual(expected)
  })

  test('what never comes has none', () => {
    const times = openTimes({ pattern: '0 0 30 2 *', timeZone: 'UTC' })
    expect([times.after(new Date(0)), times.until(new Date(0))]).toEqual([undefined, undefined])
  })

  test('backwards they are the same as forwards, whatever the zone does', () => {
    const pattern = fc.constantFrom(
      '*/7 * * * *',
      '0 * * * *',
      '30 2 * * *',
      '15 1-3 * * *',
      '0 3 * * 0',
      '*/10 * * * * *',
    )
    const zone = fc.constantFrom(
      'Europe/Madrid',
      'America/New_York',
      'Australia/Lord_Howe',
      'UTC',
      'Asia/Kathmandu',
    )
    // Around the changes of 2026 in Europe and America, and anywhere.
    const moment = fc.oneof(
      ...[
        '2026-03-08T07:00Z',
        '2026-03-29T01:00Z',
        '2026-10-25T01:00Z',
        '2026-11-01T06:00Z',
        '2026-10-03T15:30Z',
        '2026-06-15T00:00Z',
      ].map(change =>
        fc
          .integer({ min: -10_800_000, max: 10_800_000 })
          .map(offset => new Date(Date.parse(change) + offset)),
      ),
    )
    fc.assert(
      fc.property(pattern, zone, moment, (pattern, timeZone, now) => {
        const times = openTimes({ pattern, timeZone })
        const next = times.after(now)!
        expect(next.getTime()).toBeGreaterThan(now.getTime())
        expect(times.until(next)).toEqual(next)
        const last = times.until(now)!
        expect(last.getTime()).toBeLessThanOrEqual(now.getTime())
        expect(times.after(last)).toEqual(next)
      }),
      { numRuns: 400 },
    )
  })
})

const schedule = (name: string, part: Partial<Schedule> = {}): Schedule => ({
  name,
  function: 'create',
  input: {},
  pattern: '* * * * *',
  timeZone: 'UTC',
  jitterSeconds: 0,
  catchUp: true,
  enabled: true,
  following: [],
  ...part,
})

describe('jitter', () => {
  const times = openTimes(schedule('a'))
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute))

  test('is the same everywhere, differs by schedule and moment, and stays in its limits', () => {
    const delays = [0, 1, 2, 3].map(minute => delayOf({ name: 'a', jitterSeconds: 30 }, times, at(minute)))
    expect(delays).toEqual(
      [0, 1, 2, 3].map(minute => delayOf({ name: 'a', jitterSeconds: 30 }, times, at(minute))),
    )
    expect(new Set([...delays, delayOf({ name: 'b', jitterSeconds: 30 }, times, at(0))]).size).toBe(5)
    for (const delay of delays) expect(delay >= 0 && delay < 30_000).toBe(true)
  })

  test('never reaches the next moment', () => {
    for (let minute = 0; minute < 100; minute++)
      expect(delayOf({ name: 'a', jitterSeconds: 86_400 }, times, at(minute))).toBeLessThan(60_000)
  })

  test('there is none by itself', () => {
    expect(delayOf({ name: 'a', jitterSeconds: 0 }, times, at(0))).toBe(0)
  })
})

test('the next firings of all that are enabled come in order, one in its delay first', () => {
  const all = [
    schedule('hourly', { pattern: '0 * * * *' }),
    schedule('off', { enabled: false }),
    schedule('half', { pattern: '30 * * * *' }),
    schedule('delayed', { pattern: '0 0 1 1 *', jitterSeconds: 3600 }),
  ]
  const next = nextFirings(all, new Date('2026-01-01T00:00:00.001Z'), 4)
  expect(next.map(({ schedule: { name } }) => name)).toEqual(
    expect.arrayContaining(['delayed', 'half', 'hourly']),
  )
  expect(next.map(({ at }) => at)).toEqual(
    next.map(({ at }) => at).toSorted((a, b) => a.getTime() - b.getTime()),
  )
  expect(next).toHaveLength(4)
})
