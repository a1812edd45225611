import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countNewlines } from './archive-newlines.ts'

const naive = (bytes: Uint8Array, from: number, to: number) =>
  bytes.subarray(from, to).filter(byte => byte === 0x0a).length

test('newlines are counted exactly, wherever the stretch begins and ends', () => {
  const few = fc.constantFrom(0x0a, 0x0b, 0x09, 0x8a, 0x00, 0xff)
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(few, { maxLength: 3000 }),
      fc.nat(9),
      fc.nat(9),
      (any, close, skip, drop) => {
        const bytes = Uint8Array.from([...any, ...close]).subarray(Math.min(skip, any.length))
        const to = Math.max(skip, bytes.length - drop)
        expect(countNewlines(bytes, skip, to)).toBe(naive(bytes, skip, to))
      },
    ),
  )
})

test('a stretch of nothing but newlines does not overflow', () => {
  const bytes = new Uint8Array(100_003).fill(0x0a)
  expect(countNewlines(bytes, 1, bytes.length)).toBe(100_002)
})
