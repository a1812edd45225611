import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAt } from '../../tests/doubles/archive-walk.ts'
import { copyEnd } from './sql-copy.ts'

/** Where the line `\.` ends in bytes that come in these pieces, or -1. */
function found(pieces: readonly Uint8Array[]): number {
  const end = copyEnd()
  let before = 0
  for (const piece of pieces) {
    const at = end.find(Buffer.from(piece), 0)
    if (at !== -1) return before + at
    before += piece.length
  }
  return -1
}

/** The same, line by line. */
function naive(text: string): number {
  let at = 0
  for (const line of text.split('\n').slice(0, -1)) {
    at += line.length + 1
    if (line === '\\.' || line === '\\.\r') return at
  }
  return -1
}

const part = fc.constantFrom('\\.', '\\', '.', '\n', '\r', 'x', '\\.\r', '\n\\.\n', '\n\\', 'row\n')
const text = fc.array(part, { maxLength: 25 }).map(parts => parts.join(''))

test('the end of the data is the first line that is \\., however the pieces are cut', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (data, places) => {
      expect(found(cutAt(Buffer.from(data), places))).toBe(naive(data))
    }),
    { numRuns: 3000 },
  )
})

test('wherever the only cut is', () => {
  const data = Buffer.from('a\tb\nlonger\n\\.x\n\\\\.\n\\.\nselect 1;')
  for (let at = 0; at <= data.length; at++)
    expect(found([data.subarray(0, at), data.subarray(at)]), `cut at ${at}`).toBe(22)
})
