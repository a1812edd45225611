import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { collect, drain, once } from '../bytes.ts'
import { unzstd } from '../postgres/zstd-frames.ts'
import { chunkSizes } from './chunker.ts'
import { readFrames } from './frame-reader.ts'
import { writeFrames } from './frame-writer.ts'

async function written(data: Buffer) {
  const writer = writeFrames(once(...pieces(data)), { sizes: chunkSizes(8192), level: 1 })
  const stored = await collect(writer.stored)
  return { stored, ...writer.result() }
}

function* pieces(data: Buffer) {
  for (let at = 0; at < data.length; at += 70_000) yield data.subarray(at, at + 70_000)
}

const text = Buffer.from(randomBytes(2_600_000).toString('base64'))

describe('frames', () => {
  test('a data file is an ordinary zstd stream of the whole dump, repeated chunks included', async () => {
    const data = Buffer.concat([text, text, Buffer.alloc(3_000_000)])
    const { stored, index, sha256, storedBytes } = await written(data)
    expect((await collect(unzstd(once(stored)))).equals(data)).toBe(true)
    expect(index.rawBytes).toBe(data.length)
    expect(index.frames.length).toBeGreaterThan(5)
    expect(index.lengths.reduce((sum, length) => sum + length, 0)).toBe(data.length)
    expect(storedBytes).toBe(stored.length)
    expect(sha256).toBe(createHash('sha256').update(stored).digest('hex'))
  })

  test('reads back what was written, checked', async () => {
    const { stored, index } = await written(text)
    const raw: Buffer[] = []
    const again: Buffer[] = []
    for await (const frame of readFrames(once(...pieces(stored)), index, 'data')) {
      raw.push(frame.raw)
      again.push(frame.stored)
    }
    expect(Buffer.concat(raw).equals(text)).toBe(true)
    expect(Buffer.concat(again).equals(stored)).toBe(true)
  })

  test('an empty stream is an empty data file', async () => {
    const { stored, index } = await written(Buffer.alloc(0))
    expect([stored.length, index.frames.length, index.segments.length]).toEqual([0, 0, 0])
  })

  test('damage anywhere is data-corrupt: a flipped byte, a cut, something added, another order', async () => {
    const { stored, index } = await written(text)
    const damaged = [0, 9, stored.length >> 1, stored.length - 1].map(at => {
      const copy = Buffer.from(stored)
      copy[at]! ^= 0x40
      return copy
    })
    const first = index.frames.at(0)!.storedBytes
    const swapped = Buffer.concat([stored.subarray(first), stored.subarray(0, first)])
    for (const bytes of [
      ...damaged,
      stored.subarray(0, -1),
      stored.subarray(0, first),
      Buffer.concat([stored, Buffer.from('x')]),
      swapped,
    ])
      await expect(drainFrames(bytes, index)).rejects.toMatchObject({ code: 'data-corrupt' })
  })

  test('a stream that throws makes the data file throw', async () => {
    const broken = async function* () {
      yield text
      throw new Error('cut')
    }
    await expect(drain(writeFrames(broken(), { sizes: chunkSizes(8192), level: 1 }).stored)).rejects.toThrow(
      'cut',
    )
  })
})

async function drainFrames(bytes: Buffer, index: Parameters<typeof readFrames>[1]) {
  for await (const _ of readFrames(once(bytes), index, 'data'));
}
