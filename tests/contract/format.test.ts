import { createCipheriv, createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { chunkSizes, openChunker } from '#lib/repository/chunker'
import { decodeIndex, encodeIndex } from '#lib/repository/index-file'
import { decodeManifest, encodeManifest } from '#lib/repository/manifest'
import { cut, readFull, readIndex, readManifest } from './format-reader.ts'

const vectors = new URL('../vectors/repositories/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, vectors))
const json = (file: string) => JSON.parse(read(file).toString())
const facts = json('facts.json')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('FORMAT.md alone is enough', () => {
  test.each(facts.backups as { id: string; data: string; [fact: string]: unknown }[])(
    'to read $id',
    ({ id, data, ...fact }) => {
      const file = (name: string) => read(`intact/sources/${facts.source}/${id}/${name}`)
      const manifest = readManifest(file('manifest.json').toString())
      for (const { name, bytes, sha256: sum } of Object.values(manifest.objects as object))
        expect([name, file(name).length, sha256(file(name))]).toEqual([name, bytes, sum])
      const index = readIndex(file('index'))
      expect(index).toMatchObject({ average: fact.average, rawBytes: fact.rawBytes, parents: [] })
      expect([index.frames.length, index.chunks.length]).toEqual([fact.frames, fact.chunks])
      const dump = readFull(file(data), index)
      expect(sha256(dump)).toBe(fact.rawSha256)
      expect(cut(dump, index.average)).toEqual(index.chunks.map(({ bytes }) => bytes))
    },
  )
})

describe('an index of an incremental', () => {
  const bytes = read('incremental.index')
  const { chunks, ...expected } = json('incremental.json')

  test('reads as it did, by this code and by the page', () => {
    expect(readIndex(bytes)).toEqual({ ...expected, chunks })
    const index = decodeIndex(bytes, 'index')
    const { frames, segments } = index
    expect({ ...index, frames: [...frames], segments: [...segments] }).toMatchObject(expected)
    expect([...index.lengths]).toEqual(chunks.map((chunk: { bytes: number }) => chunk.bytes))
    expect(Buffer.from(index.hashes).toString('hex')).toBe(
      chunks.map((chunk: { sha256: string }) => chunk.sha256).join(''),
    )
  })

  test('is written as it was', () => {
    const lengths = Uint32Array.from(chunks, (chunk: { bytes: number }) => chunk.bytes)
    const hashes = Buffer.concat(
      ['one', 'two', 'three'].map(text => Buffer.from(sha256(Buffer.from(text)), 'hex')),
    )
    expect(encodeIndex({ ...expected, lengths, hashes })).toEqual(bytes)
  })
})

test('a manifest with every field reads and is written as it was, with what is not known', () => {
  const bytes = read('manifest.json')
  const manifest = decodeManifest(bytes, 'manifest')
  expect(manifest).toEqual(readManifest(bytes.toString()))
  expect(manifest).toMatchObject({
    id: '20250409T160000Z-incremental-año',
    labels: { team: 'ventas', zone: '' },
    scope: { tables: ['public.usuarios', '"Odd ""name"""'] },
    totals: { rows: Number.MAX_SAFE_INTEGER },
    fieldOfALaterVersion: { kept: [1, 2.5, null, true] },
  })
  expect(encodeManifest(manifest)).toEqual(bytes)
})

describe('chunks', () => {
  const cuts: [string, { streamBytes: number; lengths: number[] }][] = Object.entries(json('cuts.json'))

  test('of three averages', () => {
    expect(cuts.map(([average]) => average)).toEqual(['8192', '65536', '1048576'])
    expect(cuts.map(([, { lengths }]) => lengths.length)).toEqual([57, 35, 15])
  })

  test.each(cuts)('of %s bytes on average are cut where they were', (text, { streamBytes, lengths }) => {
    const average = Number(text)
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
    const stream = cipher.update(Buffer.alloc(streamBytes))
    const chunker = openChunker(chunkSizes(average))
    const found: number[] = []
    for (let at = 0; at < stream.length; at += 65_536)
      for (const chunk of chunker.push(stream.subarray(at, at + 65_536))) found.push(chunk.length)
    found.push(chunker.end()?.length ?? 0)
    expect(found).toEqual(lengths)
    const few = cut(stream.subarray(0, average * 10), average).slice(0, -1)
    expect(few.length).toBeGreaterThan(3)
    expect(lengths.slice(0, few.length)).toEqual(few)
  })
})
