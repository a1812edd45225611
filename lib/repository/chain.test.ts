import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bytes, collect, once } from '../bytes.ts'
import { unzstd } from '../postgres/zstd-frames.ts'
import { type Member, readChain, reframed } from './chain-reader.ts'
import { chunkSizes } from './chunker.ts'
import { writeFrames } from './frame-writer.ts'
import { openHashTable } from './hash-table.ts'
import type { ChunkIndex } from './index-file.ts'
import { chainChunks, incrementalRecipe } from './recipe.ts'

const sizes = chunkSizes(8192)

interface Written {
  id: string
  index: ChunkIndex
  stored: Buffer
}

async function write(id: string, raw: Buffer, parents: readonly Written[]): Promise<Written> {
  const recipe = parents.length > 0 ? incrementalRecipe(chainChunks(parents)) : undefined
  const writer = writeFrames(once(raw), { sizes, level: 1, recipe })
  const stored = await collect(writer.stored)
  return { id, stored, index: writer.result().index }
}

/** The data files of a chain, with every read of them noted. */
function membersOf(one: Written, parents: readonly Written[], reads: string[] = []): Member[] {
  return [one, ...parents].map(({ id, index, stored }) => ({
    index,
    where: id,
    read({ start, end }): Bytes {
      reads.push(`${id} ${start}-${end}`)
      return once(stored.subarray(start, end))
    },
  }))
}

async function rawOf(one: Written, parents: readonly Written[]): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const { raw } of readChain(membersOf(one, parents))) pieces.push(Buffer.from(raw))
  return Buffer.concat(pieces)
}

const text = (bytes: number) => Buffer.from(randomBytes((bytes / 4) * 3).toString('base64'))

describe('an incremental', () => {
  test('that needs a whole frame, and then a part of it again, is read and framed anew', async () => {
    const data = text(60_000)
    const full = await write('full', data, [])
    const { lengths } = full.index
    const last = lengths.length - 1
    const again = {
      ...full,
      id: 'again',
      index: {
        ...full.index,
        parents: ['full'],
        rawBytes: data.length + lengths[last]!,
        segments: [
          { backup: 1, first: 0, count: lengths.length },
          { backup: 1, first: last, count: 1 },
        ],
      },
    }
    const expected = Buffer.concat([data, data.subarray(data.length - lengths[last]!)])
    expect((await rawOf(again, [full])).equals(expected)).toBe(true)
    const framed = await collect(reframed(readChain(membersOf(again, [full]))))
    expect((await collect(unzstd(once(framed)))).equals(expected)).toBe(true)
  })

  test('of unchanged data stores nothing but runs, and reads the whole file at once', async () => {
    const data = text(6_000_000)
    const full = await write('full', data, [])
    const same = await write('same', data, [full])
    expect([same.stored.length, same.index.lengths.length, [...same.index.segments]]).toEqual([
      0,
      0,
      [{ backup: 1, first: 0, count: full.index.lengths.length }],
    ])
    const reads: string[] = []
    for await (const _ of readChain(membersOf(same, [full], reads)));
    expect(reads).toEqual([`full 0-${full.stored.length}`])
    expect((await rawOf(same, [full])).equals(data)).toBe(true)
  })

  test('of changed data stores what is new, and gives the stream back raw and as zstd', async () => {
    const data = text(8_000_000)
    const full = await write('full', data, [])
    const changed = Buffer.concat([data.subarray(0, 2_000_000), text(40_000), data.subarray(2_010_000)])
    changed.fill('x', 7_000_000, 7_000_500)
    const first = await write('first', changed, [full])
    expect(first.stored.length).toBeLessThan(full.stored.length / 20)
    expect((await rawOf(first, [full])).equals(changed)).toBe(true)
    const appended = Buffer.concat([changed, text(100_000)])
    const second = await write('second', appended, [full, first])
    expect((await rawOf(second, [full, first])).equals(appended)).toBe(true)
    const packed = await collect(reframed(readChain(membersOf(second, [full, first]))))
    expect((await collect(unzstd(once(packed)))).equals(appended)).toBe(true)
  })

  test('stores a chunk that comes again once, and keeps runs of repeated ones long', async () => {
    const full = await write('full', Buffer.alloc(3_000_000), [])
    const zeros = await write('zeros', Buffer.alloc(3_000_000), [full])
    expect(zeros.index.segments.length).toBeLessThan(3)
    const block = text(500_000)
    const twice = await write('twice', Buffer.concat([block, block, block]), [full])
    expect(twice.stored.length).toBeLessThan(600_000)
    expect((await rawOf(twice, [full])).equals(Buffer.concat([block, block, block]))).toBe(true)
  })

  test('of anything after anything comes back', async () => {
    const blocks = Array.from({ length: 8 }, () => text(60_000))
    const stream = fc
      .array(fc.oneof(fc.constantFrom(...blocks), fc.uint8Array({ maxLength: 500 })), { maxLength: 12 })
      .map(parts => Buffer.concat(parts))
    await fc.assert(
      fc.asyncProperty(fc.array(stream, { minLength: 2, maxLength: 5 }), async streams => {
        const chain: Written[] = []
        for (const [at, raw] of streams.entries()) {
          const one = await write(`backup ${at}`, raw, chain)
          expect((await rawOf(one, chain)).equals(raw)).toBe(true)
          chain.push(one)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('whose parent was damaged is data-corrupt before a wrong byte leaves', async () => {
    const data = text(4_000_000)
    const full = await write('full', data, [])
    const same = await write('same', data, [full])
    const stored = Buffer.from(full.stored)
    stored[stored.length >> 1]! ^= 1
    await expect(rawOf(same, [{ ...full, stored }])).rejects.toMatchObject({ code: 'data-corrupt' })
  })
})

test('a table numbers names that come at once and one by one, in turns', () => {
  const names = Array.from({ length: 3000 }, (_, number) => createHash('sha256').update(`${number}`).digest())
  const table = openHashTable(10)
  table.addAll(Buffer.concat(names.slice(0, 1500)))
  for (const name of names.slice(1500, 1600)) table.add(name)
  table.addAll(Buffer.alloc(0))
  table.addAll(Buffer.concat(names.slice(1600, 2900)))
  for (const name of names.slice(2900)) table.add(name)
  expect(names.map(name => table.find(name))).toEqual(names.map((_, number) => number))
  expect(names.every((name, number) => table.isAt(number, name))).toBe(true)
  expect([table.size, table.isAt(1600, names[1599]!)]).toEqual([3000, false])
})

test('a table finds each of many chunks, the first of those with one name, and no other', () => {
  const name = (number: number) => createHash('sha256').update(`${number}`).digest()
  const table = openHashTable(10)
  for (let number = 0; number < 20_000; number++) table.add(name(number % 15_000))
  expect(table.size).toBe(20_000)
  for (let number = 0; number < 15_000; number++) expect(table.find(name(number))).toBe(number)
  for (let number = 15_000; number < 20_000; number++) {
    expect(table.find(name(number))).toBe(-1)
    expect(table.isAt(number, name(number - 15_000))).toBe(true)
  }
})
