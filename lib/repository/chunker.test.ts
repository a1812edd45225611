import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { averageFor, chunkSizes, openChunker } from './chunker.ts'

const sizes = chunkSizes(8192)

function cut(data: Uint8Array, pieceBytes: number): Buffer[] {
  const chunker = openChunker(sizes)
  const chunks: Buffer[] = []
  for (let at = 0; at < data.length; at += pieceBytes)
    for (const chunk of chunker.push(data.subarray(at, at + pieceBytes))) chunks.push(Buffer.from(chunk))
  const last = chunker.end()
  return last ? [...chunks, Buffer.from(last)] : chunks
}

describe('chunker', () => {
  const data = randomBytes(3_000_000)

  test('joins back to the stream, within its limits', () => {
    const chunks = cut(data, 100_000)
    expect(Buffer.concat(chunks).equals(data)).toBe(true)
    for (const chunk of chunks.slice(0, -1)) {
      expect(chunk.length).toBeGreaterThanOrEqual(sizes.minimum)
      expect(chunk.length).toBeLessThanOrEqual(sizes.maximum)
    }
    const mean = data.length / chunks.length
    expect(mean).toBeGreaterThan(sizes.average * 0.6)
    expect(mean).toBeLessThan(sizes.average * 1.7)
  })

  test('cuts by content alone, however the stream comes in pieces', () => {
    const whole = cut(data, data.length).map(chunk => chunk.length)
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 200_000 }), pieceBytes => {
        expect(cut(data, pieceBytes).map(chunk => chunk.length)).toEqual(whole)
      }),
      { numRuns: 25 },
    )
    const small = data.subarray(0, 50_000)
    expect(cut(small, 1)).toEqual(cut(small, small.length))
  })

  test('an insertion moves only the cuts near it', () => {
    const before = new Set(cut(data, 65_536).map(chunk => chunk.toString('base64')))
    const changed = Buffer.concat([
      data.subarray(0, 1_500_000),
      Buffer.from('one more row\n'),
      data.subarray(1_500_000),
    ])
    const fresh = cut(changed, 65_536).filter(chunk => !before.has(chunk.toString('base64')))
    expect(fresh.length).toBeLessThanOrEqual(3)
  })

  test('cuts a run of one byte at the maximum', () => {
    const lengths = cut(Buffer.alloc(200_000), 4096).map(chunk => chunk.length)
    expect(new Set(lengths.slice(0, -1))).toEqual(new Set([sizes.maximum]))
  })

  test('an empty stream has no chunk', () => {
    expect(cut(Buffer.alloc(0), 10)).toEqual([])
  })

  test('the average grows with the source so that a full stays near 65,536 chunks', () => {
    expect([0, 500e6, 1e9, 5e9, 1e12].map(averageFor)).toEqual([8192, 8192, 16_384, 131_072, 1_048_576])
  })
})
