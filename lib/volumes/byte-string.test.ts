import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ByteString, bytesAt, bytesOfText, shown, textAt } from './byte-string.ts'

test.each([
  ['plain name.txt', 'plain name.txt'],
  ['ñandú €', 'ñandú €'],
  ['two\nlines', 'two\\x0alines'],
  ['red\u001b[31m', 'red\\x1b[31m'],
  ['\u202etxt.exe', '\\u{202e}txt.exe'],
  ['back\\slash', 'back\\\\slash'],
])('the text %j is shown as %j', (text, expected) => {
  expect(shown(bytesOfText(text))).toBe(expected)
})

test('bytes that are no UTF-8 are shown one by one', () => {
  expect(shown('caf\xe9\n\\' as ByteString)).toBe('caf\\xe9\\x0a\\\\')
})

test('different bytes never look the same, and nothing that is shown moves the cursor', () => {
  const bytes = fc.array(
    fc.constantFrom(0x41, 0x5c, 0x78, 0x65, 0x39, 0xe9, 0xc3, 0xa9, 0x0a, 0x1b, 0xc2, 0x85),
    {
      maxLength: 6,
    },
  )
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      const [a, b] = [one, other].map(list => Buffer.from(list).toString('latin1') as ByteString)
      expect(shown(a!) === shown(b!)).toBe(a === b)
      expect(shown(a!)).not.toMatch(/\p{Cc}/u)
    }),
    { numRuns: 2000 },
  )
})

test('bytes are read from where they are, up to a NUL or not', () => {
  const bytes = Buffer.from('xxab\0cdxx').subarray(2)
  expect(textAt(bytes, 0, 5)).toBe('ab')
  expect(textAt(bytes, 0, 1)).toBe('a')
  expect(bytesAt(bytes, 0, 5)).toBe('ab\0cd')
})
