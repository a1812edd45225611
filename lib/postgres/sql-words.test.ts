import { expect, test } from 'vitest'
import { wordReader } from './sql-words.ts'

test('words are the same however often and among whichever others they come', () => {
  const read = wordReader(text => text.toUpperCase())
  const reused = Buffer.alloc(200)
  const words = Array.from({ length: 5000 }, (_, index) =>
    `${index * 7919}_ñ`.repeat(index % 90 === 0 ? 12 : 1),
  )
  for (const word of [...words, ...words.toReversed(), ...words])
    expect(read(reused, reused.write(word))).toBe(word.toUpperCase())
})
