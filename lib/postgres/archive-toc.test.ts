import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutAt, golden, walk } from '../../tests/doubles/archive-walk.ts'
import { block, tableData, writeArchive } from '../../tests/doubles/archive-writer.ts'
import { once } from '../bytes.ts'
import { archiveWalker, readToc, type TocEntry } from './archive.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const name = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { nil: undefined })
const id = fc.integer({ min: 0, max: 0xffffffff })
const entries: fc.Arbitrary<TocEntry> = fc
  .record({
    dumpId: fc.integer({ min: 1, max: 0x7fffffff }),
    oid: id,
    tableOid: id,
    tag: text,
    desc: text,
    section: fc.constantFrom('none' as const, 'pre-data' as const, 'data' as const, 'post-data' as const),
    defn: text,
    dropStmt: text,
    copyStmt: name,
    namespace: name,
    tablespace: name,
    tableam: name,
    relkind: fc.constantFrom(undefined, 'r', 'p', 'm', '\x7f'),
    owner: text,
    dependencies: fc.array(id, { maxLength: 4 }),
    hasData: fc.boolean(),
    dataOffset: fc.option(fc.maxSafeNat(), { nil: undefined }),
  })
  .map(entry => ({ ...entry, dataOffset: entry.hasData ? entry.dataOffset : undefined }))

test('entries come back as they were written, in every version and in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(entries, { maxLength: 5, selector: entry => entry.dumpId }),
      fc.integer({ min: 12, max: 16 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      async (written, minor, places) => {
        const toc = await readToc(once(...cutAt(writeArchive({ minor, entries: written }), places)))
        expect(toc.entries).toEqual(
          written.map(entry => ({
            ...entry,
            tableam: minor >= 14 ? entry.tableam : undefined,
            relkind: minor >= 16 ? entry.relkind : undefined,
          })),
        )
        expect(toc).toMatchObject({
          minor,
          known: true,
          compression: 'none',
          createdAt: '2025-04-08T12:30:00',
        })
      },
    ),
  )
})

describe('a version newer than this code', () => {
  const parts = { entries: [tableData('t')], blocks: [block(1, ['1\n', '\\.\n\n\n'])] }

  test('is judged when it reads like the newest known one, but its rows are not', () => {
    const result = walk([writeArchive({ ...parts, minor: 17 })])
    expect(result).toMatchObject({
      version: '1.17',
      complete: true,
      tables: [{ name: 't', rows: undefined }],
    })
  })

  test.each([
    ['is cut', writeArchive({ ...parts, minor: 17 }).subarray(0, -1), '1.17'],
    [
      'has other fields',
      Buffer.concat([writeArchive({ minor: 17, entries: [] }), Buffer.alloc(100, 7)]),
      '1.17',
    ],
    [
      'has another major version',
      Buffer.concat([Buffer.from('PGDMP\x02\x00\x00'), Buffer.alloc(100, 7)]),
      '2.0',
    ],
  ])('cannot be judged when it %s', (_, bytes, version) => {
    expect(walk(cutAt(bytes, [30, 60]))).toMatchObject({ version, complete: false, tables: [], entries: [] })
  })
})

test('what cannot be judged takes no memory', () => {
  const walker = archiveWalker()
  walker.write(Buffer.from('PGDMP\x02\x00\x00'))
  const piece = Buffer.alloc(1_000_000, 7)
  const before = process.memoryUsage().arrayBuffers
  for (let pieces = 0; pieces < 50; pieces++) walker.write(piece)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  expect(walker.end()).toMatchObject({ complete: false, tables: [] })
})

describe('the table of contents alone', () => {
  async function* slowly(bytes: Uint8Array, size: number, left: { bytes: number; ended: boolean }) {
    try {
      for (let at = 0; at < bytes.length; at += size) {
        left.bytes -= size
        yield bytes.subarray(at, at + size)
      }
    } finally {
      left.ended = true
    }
  }

  test('is read without the data, and the stream is left', async () => {
    const bytes = golden('pg15-piped.dump')
    const left = { bytes: bytes.length, ended: false }
    const toc = await readToc(slowly(bytes, 100, left))
    expect(toc.entries).toEqual(walk([bytes], 'entries').entries)
    expect(toc).toMatchObject({
      minor: 14,
      database: 'pc_db',
      createdAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    })
    expect(left.ended).toBe(true)
    expect(left.bytes).toBeGreaterThan(1000)
  })

  const read = (bytes: Buffer) => readToc(slowly(bytes, 50, { bytes: 0, ended: false }))
  const newer = writeArchive({ minor: 17, entries: [tableData('t')] })
  const filled = Buffer.concat([newer.subarray(0, 60), Buffer.alloc(100, 7)])
  const damaged = Buffer.from(golden('pg15-piped.dump')).fill(9, 100, 200)

  test.each([
    ['cut', golden('pg15-piped.dump').subarray(0, 5000), 'data-corrupt'],
    ['damaged', damaged, 'data-corrupt'],
    ['of another kind', golden('pg15-toc.dat'), 'input-invalid'],
    ['empty', Buffer.alloc(0), 'data-corrupt'],
    ['of a newer version and cut', newer.subarray(0, -1), 'version-mismatch'],
    ['of a newer version with other fields', filled, 'version-mismatch'],
  ])('is refused when it is %s', async (_, bytes, code) => {
    await expect(read(bytes)).rejects.toMatchObject({ code })
  })

  test('of a newer version is read when it can be', async () => {
    expect(await read(newer)).toMatchObject({ minor: 17, known: false, entries: [{ tag: 't' }] })
  })
})
