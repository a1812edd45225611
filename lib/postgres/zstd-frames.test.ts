import { randomBytes } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { collect } from '../bytes.ts'
import { unzstd } from './zstd-frames.ts'

async function* pieces(data: Buffer, size: number) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size)
}

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
const parts = [
  Buffer.alloc(300_000, 1),
  randomBytes(200_000),
  Buffer.alloc(0),
  Buffer.from('short'),
  Buffer.from(randomBytes(100_000).toString('hex')),
]
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9])
const row = Buffer.concat(parts.map((part, at) => zstdCompressSync(part, at % 2 ? checked : {})))

describe('unzstd', () => {
  test('unpacks a row of frames, in pieces of any size', async () => {
    for (const size of [211, 4096, 1_000_000])
      expect((await collect(unzstd(pieces(row, size)))).equals(Buffer.concat(parts))).toBe(true)
  })

  test('a row cut at any place within a frame throws', async () => {
    const small = Buffer.concat([
      zstdCompressSync('first frame', checked),
      zstdCompressSync('second frame', checked),
    ])
    const border = zstdCompressSync('first frame', checked).length
    for (let length = 0; length < small.length; length++)
      if (length !== border)
        await expect(collect(unzstd(pieces(small.subarray(0, length), 5)))).rejects.toThrow()
  })

  test('what is no frame behind a frame throws', async () => {
    await expect(
      collect(unzstd(pieces(Buffer.concat([row, Buffer.from('garbage')]), 4096))),
    ).rejects.toThrow()
  })

  test('passes over a skippable frame between others', async () => {
    const data = Buffer.concat([zstdCompressSync('a'), skippable, zstdCompressSync('b')])
    expect((await collect(unzstd(pieces(data, 3)))).toString()).toBe('ab')
  })
})
