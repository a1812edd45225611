import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutAt, refusal, walk } from '../../tests/doubles/archive-walk.ts'
import { block, largeObjects, tableData, writeArchive } from '../../tests/doubles/archive-writer.ts'

describe('blocks', () => {
  const two = [tableData('one'), tableData('two')]
  const rows = ['1\n', '2\n', '\\.\n\n\n']

  test('may come in another order than their entries', () => {
    const { tables } = walk([
      writeArchive({ entries: two, blocks: [block(2, rows), block(1, ['\\.\n\n\n'])] }),
    ])
    expect(tables).toMatchObject([
      { name: 'one', rows: 0, bytes: 5 },
      { name: 'two', rows: 2, bytes: 9 },
    ])
  })

  test.each([
    ['one is missing', [block(2, rows)], '"public.one" (1 of 2 were there)'],
    ['one comes twice', [block(1, rows), block(1, rows)], 'a second block of data for "public.one"'],
    ['one belongs to nothing', [block(1, rows), block(2, rows), block(3, rows)], 'the id 3'],
    ['one is of another kind', [largeObjects(1, {}), block(2, rows)], 'another kind'],
    ['one has an unknown type', [Buffer.from([2, 0, 1, 0, 0, 0])], 'unknown type 2'],
  ])('are refused when %s', (_, blocks, message) => {
    expect(refusal([writeArchive({ entries: two, blocks })]).message).toContain(message)
  })

  test.each([
    [1, '"public.a" (0 of 1 were there)'],
    [3, '"public.a", "public.b", "public.c" (0 of 3 were there)'],
    [5, '"public.a", "public.b", "public.c" and 2 more (0 of 5 were there)'],
  ])('are named when they are missing: %i', (count, message) => {
    const entries = [...'abcde'].slice(0, count).map(name => tableData(name))
    expect(refusal([writeArchive({ entries })]).message).toContain(`before the data of ${message}`)
  })

  test('of large objects, or of what has no schema, are named too', () => {
    const message = (entry: object) => refusal([writeArchive({ entries: [entry] })]).message
    expect(message({ desc: 'BLOBS', hasData: true })).toContain('the data of large objects (0 of 1')
    expect(message({ desc: 'OTHER', tag: 'x', hasData: true })).toContain('the data of "x" (0 of 1')
  })

  test('two entries with data cannot have one id', () => {
    expect(
      refusal([writeArchive({ entries: [tableData('a', { dumpId: 7 }), tableData('b', { dumpId: 7 })] })])
        .message,
    ).toContain('the id 7')
  })

  test('begin where their entry says', () => {
    const make = (dataOffset: number) =>
      writeArchive({ entries: [tableData('t', { dataOffset })], blocks: [block(1, rows)] })
    const offset = make(0).length - block(1, rows).length
    expect(walk([make(offset)]).tables).toMatchObject([{ rows: 2 }])
    for (const other of [offset + 1, 2 ** 40, Number.MAX_SAFE_INTEGER])
      expect(refusal([make(other)]).message).toContain(`should begin at byte ${other}`)
  })

  test('may be announced with offsets of four bytes', () => {
    const parts = { entries: two, blocks: [block(1, rows), block(2, rows)], offsetBytes: 4 as const }
    expect(walk([writeArchive(parts)]).tables).toMatchObject([{ rows: 2 }, { rows: 2 }])
  })

  test('large objects may have any oid and any bytes', () => {
    const entries = [
      { desc: 'BLOBS', hasData: true },
      { desc: 'BLOBS', hasData: true },
    ]
    const blocks = [
      largeObjects(1, { 1: ['a', '\\.\n\n\n'], 65536: [], 4000000000: [] }),
      // pg_dump writes an oid above 2^31 as the negative number that it is in C.
      largeObjects(2, { 9: ['0'.repeat(20_000)], [-294967296]: [] }),
    ]
    const result = walk([writeArchive({ entries, blocks })])
    expect(result.largeObjects).toEqual({ count: 5, bytes: 20_006 })
    expect(result.tables).toEqual([])
  })
})

describe('rows', () => {
  const count = (pieces: readonly (string | Uint8Array)[], more = {}) =>
    walk([writeArchive({ entries: [tableData('t', more)], blocks: [block(1, pieces)] })]).tables[0]?.rows

  test('are newlines without the trailer, however pieces and reads divide them', () => {
    const rows = fc.array(
      fc.constantFrom('', 'a', '\\\\.', '.', '\\N', 'x'.repeat(10), 'y'.repeat(2560), '\\n\\.\\n'),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.nat(), { maxLength: 10 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (lines, pieces, reads) => {
          const text = Buffer.from(`${lines.map(line => `${line}\n`).join('')}\\.\n\n\n`)
          const written = cutAt(text, pieces).filter(piece => piece.length > 0)
          const archive = writeArchive({ entries: [tableData('t')], blocks: [block(1, written)] })
          expect(walk(cutAt(archive, reads)).tables).toEqual([
            { schema: 'public', name: 't', rows: lines.length, bytes: text.length },
          ])
        },
      ),
    )
  })

  test('lengths that look like newlines are none', () => {
    const lines = [0x0a, 0x0a0a, 0x0a0a0a].map(length => `${'x'.repeat(length - 1)}\n`)
    expect(count([...lines, '\\.\n\n\n'])).toBe(3)
  })

  test('are all newlines where no trailer is', () => {
    expect(count(['1\n', '\n\n\n'])).toBe(4)
    expect(count([])).toBe(0)
    expect(count(['.\n\n\n'])).toBe(3)
    expect(count(['abc\n', '.\n\n\n'])).toBe(4)
    expect(count(['\\.\n\n\n', '\n'])).toBe(4)
  })

  test.each([
    [15, 1, 'gzip'],
    [15, 2, 'lz4'],
    [16, 3, 'zstd'],
  ])('are not known in an archive 1.%i compressed with %i (%s)', (minor, compression, name) => {
    const parts = { minor, compression, entries: [tableData('t')], blocks: [block(1, ['\n\n\n\n'])] }
    expect(walk([writeArchive(parts)])).toMatchObject({
      complete: true,
      compression: name,
      tables: [{ rows: undefined, bytes: 4 }],
    })
  })

  test('are not known for INSERTs', () => {
    expect(count(['INSERT INTO t VALUES (1);\n\n\n'], { copyStmt: undefined })).toBeUndefined()
  })

  test('names that are no UTF-8 are told apart', () => {
    const archive = writeArchive({
      entries: [tableData('caf?'), tableData('caf!')],
      blocks: [block(1, []), block(2, [])],
    })
    const latin1 = Buffer.from(
      archive.toString('latin1').replaceAll('caf?', 'caf\xe9').replaceAll('caf!', 'caf\xe8'),
      'latin1',
    )
    expect(walk([latin1]).tables.map(({ name }) => name)).toEqual(['café', 'cafè'])
    const strange = writeArchive({ entries: [tableData('\ufffdñ')], blocks: [block(1, [])] })
    expect(walk([strange]).tables).toMatchObject([{ name: '\ufffdñ' }])
  })
})
