import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cursor, need, openIntake } from './intake.ts'

/** A byte that says how many follow, and those. */
function word(cursor: Cursor): Uint8Array {
  need(cursor, 1)
  const bytes = cursor.bytes[cursor.at]!
  need(cursor, 1 + bytes)
  cursor.at += 1 + bytes
  return cursor.bytes.subarray(cursor.at - bytes, cursor.at)
}

test('what is decoded does not depend on how it came', () => {
  const words = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 })
  const pieces = fc.array(fc.nat(60), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(words, pieces, (given, lengths) => {
      const stream = Buffer.concat(given.map(bytes => Buffer.from([bytes.length, ...bytes])))
      const intake = openIntake()
      const found: Uint8Array[] = []
      for (let at = 0, n = 0; at < stream.length; n++) {
        const piece = Uint8Array.from(stream.subarray(at, at + lengths[n % lengths.length]! + (n % 2)))
        at += piece.length
        intake.add(piece)
        for (let one = intake.take(word); one; one = intake.take(word)) found.push(Uint8Array.from(one))
        expect(intake.rest().offset + intake.rest().bytes.length).toBe(at)
        piece.fill(255) // its owner uses it again
      }
      expect(found).toEqual(given)
    }),
  )
})

test('of a large piece only what ends a word that began before it is copied', () => {
  const intake = openIntake()
  intake.add(Uint8Array.of(3, 1))
  expect(intake.take(word)).toBeUndefined()
  const large = Uint8Array.of(2, 3, 2, 8, 9)
  intake.add(large)
  const [first, second] = [intake.take(word), intake.take(word)]
  expect([first, second].map(bytes => [...bytes!])).toEqual([
    [1, 2, 3],
    [8, 9],
  ])
  expect([first!.buffer === large.buffer, second!.buffer === large.buffer]).toEqual([false, true])
})
