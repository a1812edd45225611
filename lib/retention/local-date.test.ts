import { expect, test } from 'vitest'
import { localDates } from './local-date.ts'

test.each([
  ['2026-03-05T23:00:00Z', 'UTC', '2026-03-05', '2026-W10'],
  ['2026-03-05T23:00:00Z', 'Europe/Madrid', '2026-03-06', '2026-W10'],
  ['2026-03-05T23:00:00Z', 'Pacific/Kiritimati', '2026-03-06', '2026-W10'],
  ['2026-01-01T00:30:00Z', 'America/New_York', '2025-12-31', '2026-W01'],
  ['2024-12-29T12:00:00Z', 'UTC', '2024-12-29', '2024-W52'],
  ['2024-12-30T12:00:00Z', 'UTC', '2024-12-30', '2025-W01'],
  ['2027-01-03T12:00:00Z', 'UTC', '2027-01-03', '2026-W53'],
  ['2027-01-04T12:00:00Z', 'UTC', '2027-01-04', '2027-W01'],
  ['2024-02-29T12:00:00Z', 'UTC', '2024-02-29', '2024-W09'],
  ['2025-10-26T00:59:59Z', 'Europe/Madrid', '2025-10-26', '2025-W43'],
])('%s in %s is %s, week %s', (time, zone, day, week) => {
  const date = localDates(zone)(time)
  expect(date).toMatchObject({ day, week, month: day.slice(0, 7), year: day.slice(0, 4) })
})

test('Samoa went without 30 December 2011', () => {
  const dateOf = localDates('Pacific/Apia')
  expect(dateOf('2011-12-30T09:59:59Z').day).toBe('2011-12-29')
  expect(dateOf('2011-12-30T10:00:00Z').day).toBe('2011-12-31')
})

test('Sundays and the 1st are those of the zone', () => {
  expect(localDates('UTC')('2026-03-01T01:00:00Z')).toMatchObject({ isSunday: true, isFirst: true })
  expect(localDates('America/New_York')('2026-03-01T01:00:00Z')).toMatchObject({
    isSunday: false,
    isFirst: false,
  })
})
