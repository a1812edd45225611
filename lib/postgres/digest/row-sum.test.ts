import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowSum } from './row-sum.ts'

const of = (...lines: string[]) => {
  const sum = rowSum()
  const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''))
  sum.add(bytes, 0, bytes.length)
  return `${sum.lines()} ${sum.value()}`
}

test('no order of rows changes the sum, and no way in which they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary-ascii' })), fc.array(fc.nat(200)), (texts, places) => {
      const rows = texts.map(text => text.replaceAll('\n', ' '))
      const bytes = Buffer.from(
        rows
          .toReversed()
          .map(row => `${row}\n`)
          .join(''),
      )
      const cuts = [
        0,
        ...places.map(place => Math.min(place, bytes.length)).sort((a, b) => a - b),
        bytes.length,
      ]
      const sum = rowSum()
      for (const [at, cut] of cuts.entries()) sum.add(bytes, cuts[at - 1] ?? 0, cut)
      expect(`${sum.lines()} ${sum.value()}`).toBe(of(...rows))
    }),
  )
})

test.each([
  ['another value', ['1\ta', '2\tb'], ['1\ta', '2\tc']],
  ['values that changed places between rows', ['1\ta', '2\tb'], ['1\tb', '2\ta']],
  ['values that changed places within a row', ['1\ta', '2\tb'], ['a\t1', '2\tb']],
  ['a row twice and another gone', ['1', '2', '3'], ['1', '1', '3']],
  ['two rows twice', ['1', '1', '2', '2'], ['1', '2', '3', '3']],
  ['an empty row', ['1', ''], ['1', '0']],
  ['rows that are cut elsewhere', ['ab', 'c'], ['a', 'bc']],
])('%s changes the sum', (_, one, other) => {
  expect(of(...one)).not.toBe(of(...other))
})

test('rows that differ in a number have as many hashes as they are', () => {
  const seen = new Set<string>()
  for (let id = 0; id < 200_000; id++) {
    const sum = rowSum()
    const bytes = Buffer.from(`${id}\t2024-01-01\t${id % 7}\n`)
    sum.add(bytes, 0, bytes.length)
    seen.add(sum.value())
  }
  expect(seen.size).toBe(200_000)
})
