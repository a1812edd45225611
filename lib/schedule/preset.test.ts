import { expect, test } from 'vitest'
import { parsePreset } from './preset.ts'

test.each([
  ['hourly', '0 * * * *'],
  ['daily', '0 2 * * *'],
  ['daily 02:00', '0 2 * * *'],
  ['daily 23:59', '59 23 * * *'],
  ['weekly', '0 3 * * 0'],
  ['weekly Sunday 03:00', '0 3 * * 0'],
  ['weekly saturday', '0 3 * * 6'],
  ['Weekly 4:30', '30 4 * * 0'],
  ['monthly', '0 3 1 * *'],
  ['monthly 00:00', '0 0 1 * *'],
  ['quarterly', '0 3 1 1,4,7,10 *'],
  [' quarterly  05:05 ', '5 5 1 1,4,7,10 *'],
])('%s is %s', (text, pattern) => {
  expect(parsePreset(text)).toBe(pattern)
})

test.each([
  '',
  'hourly 02:00',
  'daily 24:00',
  'daily 2',
  'weekly 03:00 Sunday',
  'weekly someday',
  'yearly',
  'constructor',
  'daily 02:60',
])('%j is no preset', text => {
  expect(parsePreset(text)).toBeUndefined()
})
