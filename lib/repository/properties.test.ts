import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collect, once } from '../bytes.ts'
import { unzstd } from '../postgres/zstd-frames.ts'
import { type ChunkSizes, chunkSizes, openChunker } from './chunker.ts'
import { readFrames } from './frame-reader.ts'
import { writeFrames } from './frame-writer.ts'
import { type ChunkIndex, decodeIndex, encodeIndex } from './index-file.ts'

/** Bytes that are the same for the same seed, and look like chance. */
function stream(seed: number, bytes: number): Buffer {
  const result = Buffer.alloc(bytes)
  for (let at = 0, word = seed | 1; at + 4 <= bytes; at += 4) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    result.writeInt32LE(word, at)
  }
  return result
}

function piecesOf(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map(place => place % (bytes.length + 1)).sort((one, other) => one - other)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
}

/** Where the chunks end. */
function ends(pieces: readonly Buffer[], sizes: ChunkSizes): number[] {
  const chunker = openChunker(sizes)
  const lengths: number[] = []
  for (const piece of pieces) for (const chunk of chunker.push(piece)) lengths.push(chunk.length)
  lengths.push(chunker.end()?.length ?? 0)
  let end = 0
  return lengths.map(length => {
    end += length
    return end
  })
}

const seed = fc.integer({ min: 1 })
const small = chunkSizes(8192)

test('chunks do not depend on the pieces in which a stream comes, also empty ones', () => {
  fc.assert(
    fc.property(seed, fc.array(fc.nat(), { maxLength: 40 }), (from, places) => {
      const bytes = stream(from, 150_000)
      expect(ends(piecesOf(bytes, places), small)).toEqual(ends([bytes], small))
    }),
    { numRuns: 60 },
  )
})

test('chunks of every average keep their limits', () => {
  for (const average of [8192, 16_384, 131_072, 1_048_576]) {
    const sizes = chunkSizes(average)
    expect(sizes).toEqual({ average, minimum: average / 4, maximum: average * 4 })
    for (const bytes of [stream(7, average * 12), Buffer.alloc(average * 12)]) {
      const places = ends([bytes], sizes)
      expect(places.at(-1)).toBe(bytes.length)
      const lengths = places.map((end, index) => end - (places[index - 1] ?? 0)).slice(0, -1)
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(sizes.minimum)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(sizes.maximum)
    }
  }
})

test('what is inserted, removed or changed anywhere leaves the cuts before it, and soon those behind it', () => {
  const bytes = stream(11, 400_000)
  const before = ends([bytes], small)
  const change = fc.record({
    at: fc.nat(bytes.length - 1),
    removed: fc.nat(2000),
    inserted: fc.uint8Array({ maxLength: 2000 }),
  })
  fc.assert(
    fc.property(change, ({ at, removed, inserted }) => {
      const rest = bytes.subarray(at + removed)
      const after = ends([Buffer.concat([bytes.subarray(0, at), inserted, rest])], small)
      const behind = inserted.length - Math.min(removed, bytes.length - at)
      const kept = before.filter(end => (end <= at ? after.includes(end) : after.includes(end + behind)))
      const touched = before.filter(end => end > at && !kept.includes(end))
      expect(kept.filter(end => end <= at)).toEqual(before.filter(end => end <= at))
      expect(touched.length).toBeLessThan(12)
    }),
    { numRuns: 100 },
  )
})

const word = fc.integer({ min: 0, max: 0xffffffff })
const chunks = fc.array(fc.record({ length: word, hash: fc.uint8Array({ minLength: 32, maxLength: 32 }) }), {
  maxLength: 20,
})

test('an index comes back with every chunk, parent and run as it was', () => {
  const parent = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  const parts = fc.record({
    average: word,
    rawBytes: fc.maxSafeNat(),
    parents: fc.array(parent, { maxLength: 5 }),
    frames: fc.array(fc.record({ storedBytes: word, chunks: word })),
    segments: fc.array(fc.record({ backup: word, first: word, count: word })),
  })
  fc.assert(
    fc.property(parts, chunks, (rest, own) => {
      const index: ChunkIndex = {
        ...rest,
        lengths: Uint32Array.from(own, ({ length }) => length),
        hashes: Buffer.concat(own.map(({ hash }) => hash)),
      }
      const bytes = encodeIndex(index)
      const { frames, segments, ...others } = decodeIndex(bytes, 'index')
      expect({ ...others, frames: [...frames], segments: [...segments] }).toEqual(index)
      expect(encodeIndex(decodeIndex(bytes, 'index'))).toEqual(bytes)
    }),
  )
})

test('frames give back any bytes that came in any pieces, and each chunk has its name', async () => {
  const some = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }).map(bytes => Buffer.from(bytes)),
    fc.record({ from: seed, length: fc.nat(100_000) }).map(({ from, length }) => stream(from, length)),
    fc.nat(100_000).map(length => Buffer.alloc(length)),
  )
  const anything = fc.array(some, { maxLength: 4 }).map(parts => Buffer.concat(parts))
  await fc.assert(
    fc.asyncProperty(anything, fc.array(fc.nat(), { maxLength: 10 }), async (bytes, places) => {
      const writer = writeFrames(once(...piecesOf(bytes, places)), { sizes: small, level: 1 })
      const stored = await collect(writer.stored)
      const { index } = writer.result()
      const raw: Buffer[] = []
      for await (const frame of readFrames(once(...piecesOf(stored, places)), index, 'data'))
        raw.push(frame.raw)
      expect(Buffer.concat(raw).equals(bytes)).toBe(true)
      if (bytes.length > 0) expect((await collect(unzstd(once(stored)))).equals(bytes)).toBe(true)
      expect(index.rawBytes).toBe(bytes.length)
      let at = 0
      index.lengths.forEach((length, chunk) => {
        const name = createHash('sha256')
          .update(bytes.subarray(at, at + length))
          .digest()
        expect(name.equals(index.hashes.subarray(chunk * 32, chunk * 32 + 32))).toBe(true)
        at += length
      })
      expect(at).toBe(bytes.length)
    }),
    { numRuns: 60 },
  )
})
