import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutAt, facts, golden, goldenFiles, refusal, walk } from '../../tests/doubles/archive-walk.ts'
import { archiveWalker } from './archive.ts'

describe('golden archives', () => {
  for (const fact of facts.custom) {
    test(`${fact.file} holds what the database held`, () => {
      const result = walk([golden(fact.file)], 'entries')
      expect(result).toMatchObject({
        format: 'custom',
        complete: true,
        version: fact.version,
        database: fact.database ?? 'pc_db',
      })
      expect(result.serverVersion).toContain(fact.dumpedFrom)
      expect(result.dumpVersion).toContain(fact.dumpedBy)
      expect(result.compression).toBe(fact.compression ?? 'none')
      expect(result.entries).toHaveLength(fact.entries)
      expect(result.largeObjects.count).toBe(fact.largeObjects)
      if (fact.largeObjectBytes) expect(result.largeObjects.bytes).toBe(fact.largeObjectBytes)
      const expected = fact.tables === 0 ? [] : facts[fact.database === 'small' ? 'small' : 'tables']
      expect(result.tables.map(({ schema, name, rows }) => ({ schema, name, rows }))).toEqual(
        expected.map((table: { rows: number }) => ({ ...table, rows: fact.rows ? table.rows : undefined })),
      )
    })
  }

  test('all of them were read', () => {
    const files = goldenFiles('.dump')
    expect(facts.custom.map(({ file }: { file: string }) => file).sort()).toEqual(files)
    expect(files).toHaveLength(14)
  })

  test('their README.md says of each how it was made', () => {
    const text = golden('README.md').toString()
    const made = goldenFiles('').filter(file => !['README.md', 'facts.json'].includes(file))
    expect(made).toHaveLength(24)
    expect(made.filter(file => !text.includes(`\`${file}\``))).toEqual([])
  })

  test('an entry has its SQL, its owner and what it depends on', () => {
    const { entries } = walk([golden('pg17-piped.dump')], 'entries')
    const table = entries.find(({ desc, tag }) => desc === 'TABLE' && tag === 'usuarios')
    expect(table).toMatchObject({
      namespace: 'public',
      owner: 'postgres',
      section: 'pre-data',
      relkind: 'r',
      tableam: 'heap',
      hasData: false,
    })
    expect(table?.defn).toMatch(/^CREATE TABLE public\.usuarios \(\n/)
    expect(table?.dropStmt).toBe('DROP TABLE public.usuarios;\n')
    const data = entries.find(({ desc, tag }) => desc === 'TABLE DATA' && tag === 'usuarios')
    expect(data).toMatchObject({
      section: 'data',
      hasData: true,
      copyStmt: 'COPY public.usuarios (id, nombre, notas) FROM stdin;\n',
    })
    expect(data?.dependencies).toEqual([table?.dumpId])
  })

  test('counts alone keep no entries and are the same', () => {
    const whole = walk([golden('pg15-piped.dump')], 'entries')
    expect(walk([golden('pg15-piped.dump')])).toEqual({ ...whole, entries: [] })
  })

  test('a table of contents without its archive is another kind of file', () => {
    expect(refusal([golden('pg15-toc.dat')])).toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('toc.dat'),
    })
  })
})

describe('pieces', () => {
  const archives = ['pg15-piped.dump', 'pg15-schema-only.dump', 'pg17-seekable.dump'].map(file => ({
    bytes: golden(file),
    whole: walk([golden(file)], 'entries'),
  }))

  test('byte by byte is the same as whole', () => {
    for (const { bytes, whole } of archives)
      expect(walk(cutAt(bytes, [...bytes.keys()]), 'entries')).toEqual(whole)
  })

  test('any pieces are the same as whole', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...archives),
        fc.array(fc.nat(), { maxLength: 30 }),
        ({ bytes, whole }, places) => {
          expect(walk(cutAt(bytes, places), 'entries')).toEqual(whole)
        },
      ),
    )
  })

  test('pieces may be used again by who gave them', () => {
    const [{ bytes, whole }] = archives as [(typeof archives)[0]]
    const one = Buffer.alloc(50)
    const walker = archiveWalker({ keep: 'entries' })
    for (let at = 0; at < bytes.length; at += one.length) {
      walker.write(one.subarray(0, bytes.copy(one, 0, at)))
      one.fill(0xff)
    }
    expect(walker.end()).toEqual(whole)
  })
})
