import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChunkIndex, decodeIndex, encodeIndex } from './index-file.ts'

const word = fc.integer({ min: 0, max: 0xffffffff })
const indexes: fc.Arbitrary<ChunkIndex> = fc
  .record({
    average: word,
    rawBytes: fc.maxSafeNat(),
    parents: fc.array(fc.string({ minLength: 1, maxLength: 50 })),
    frames: fc.array(fc.record({ storedBytes: word, chunks: word })),
    segments: fc.array(fc.record({ backup: word, first: word, count: word })),
    lengths: fc.uint32Array({ maxLength: 50 }),
  })
  .map(index => ({ ...index, hashes: Buffer.alloc(index.lengths.length * 32, 7) }))

describe('index file', () => {
  test('decoding after encoding is identity', () => {
    fc.assert(
      fc.property(indexes, index => {
        const { frames, segments, ...rest } = decodeIndex(encodeIndex(index), 'index')
        expect({ ...rest, frames: [...frames], segments: [...segments] }).toEqual(index)
      }),
    )
  })

  test('every flipped byte is data-corrupt', () => {
    const index = {
      average: 8192,
      rawBytes: 10,
      parents: ['p'],
      frames: [{ storedBytes: 1, chunks: 1 }],
      segments: [],
      lengths: new Uint32Array([10]),
      hashes: Buffer.alloc(32),
    }
    const bytes = encodeIndex(index)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1
      expect(() => decodeIndex(damaged, 'index')).toThrow(expect.objectContaining({ code: 'data-corrupt' }))
    }
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeIndex(bytes.subarray(0, length), 'index')).toThrow(
        expect.objectContaining({ code: 'data-corrupt' }),
      )
  })
})
