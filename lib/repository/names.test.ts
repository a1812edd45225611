import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assertSegment, segmentFrom } from './names.ts'

test.for([
  ['', 'is empty'],
  ['../x', 'separator'],
  ['a/b', 'separator'],
  ['a\\b', 'separator'],
  ['C:', 'separator'],
  ['..', 'begins with a dot'],
  ['.', 'begins with a dot'],
  ['.hidden', 'begins with a dot'],
  ['ends.', 'ends with a dot'],
  ['ends ', 'ends with a dot or a space'],
  ['line\nline', 'control character'],
  ['nul\0', 'control character'],
  ['esc\u001b[31m', 'control character'],
  ['next\u0085line', 'control character'],
  ['\u202etxt.exe', 'control character'],
  ['half \ud83d', 'control character'],
  ['e\u0301', 'NFC'],
  ['CON', 'Windows'],
  ['nul.txt', 'Windows'],
  ['LPT9', 'Windows'],
  ['com¹', 'Windows'],
  ['x'.repeat(201), '200 bytes'],
  ['ñ'.repeat(101), '200 bytes'],
])('%j is refused: %s', ([value = '', reason = '']) => {
  expect(() => assertSegment('name', value)).toThrow(
    expect.objectContaining({ code: 'input-invalid', message: expect.stringContaining(reason) }),
  )
})

test.for([
  'pc_db',
  'before the upgrade',
  'año-2025',
  'a..b',
  'console',
  'nullable',
  '-dash',
  '備份',
  '😀',
  'x'.repeat(200),
  'ñ'.repeat(100),
])('%s is accepted and returned', value => {
  expect(assertSegment('name', value)).toBe(value)
})

test('the refusal names the kind, and of a long value only the beginning', () => {
  expect(() => assertSegment('source', 'x'.repeat(5000))).toThrow(/^The source "x{60}…" cannot/)
})

describe('a name made of any text', () => {
  test.for([
    ['pc_db', 'pc_db'],
    ['My Database (2025)', 'My-Database-2025'],
    ['../../etc/passwd', 'etc-passwd'],
    ['nul', '_nul'],
    ['e\u0301', '\u00e9'],
    ['  ', 'unnamed'],
    ['...', 'unnamed'],
    ['a\n\tb', 'a-b'],
    ['con-', '_con'],
    ['half \ud83d', 'half'],
  ])('%j becomes %s', ([text = '', name = '']) => {
    expect(segmentFrom(text)).toBe(name)
  })

  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 120 }),
    fc.string({ unit: fc.constantFrom(...'conul1.- /\\ñ\u0301\ud800😀'.split('')), maxLength: 300 }),
  )

  test('is accepted, and stays as it is', () => {
    fc.assert(
      fc.property(text, any => {
        const name = segmentFrom(any)
        expect(assertSegment('name', name)).toBe(name)
        expect(segmentFrom(name)).toBe(name)
      }),
      { numRuns: 2000 },
    )
  })
})
