import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { WalkResult } from './archive.ts'
import { type PlainWalkerOptions, plainWalker } from './plain.ts'

const folder = new URL('../../tests/vectors/archives/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder))
const facts = JSON.parse(read('facts.json').toString())
const end = '\n--\n-- PostgreSQL database dump complete\n--\n\n'

function walk(
  sql: string | Uint8Array,
  options: PlainWalkerOptions & { pieceBytes?: number } = {},
): WalkResult {
  const walker = plainWalker(options)
  const bytes = Buffer.from(sql as Uint8Array)
  const size = options.pieceBytes ?? bytes.length
  for (let at = 0; at < bytes.length; at += size) walker.write(bytes.subarray(at, at + size))
  return walker.end()
}

const counts = ({ tables }: WalkResult) => tables.map(({ schema, name, rows }) => ({ schema, name, rows }))

describe('golden dumps', () => {
  for (const fact of facts.plain)
    test(`${fact.file} holds what the database held`, () => {
      const result = walk(read(fact.file))
      expect(result).toMatchObject({
        format: 'plain',
        complete: true,
        version: 'plain',
        largeObjects: { count: fact.largeObjects },
      })
      expect(result.serverVersion).toContain(fact.dumpedFrom)
      expect(result.dumpVersion).toContain(fact.dumpedBy)
      expect(counts(result)).toEqual(facts[fact.database === 'small' ? 'small' : 'tables'])
      expect(walk(read(fact.file), { pieceBytes: 1 })).toEqual(result)
    })

  test('all of them were read', () => {
    const files = readdirSync(folder).filter(
      file => file.endsWith('.sql') && !['source.sql', 'small.sql'].includes(file),
    )
    expect(facts.plain.map(({ file }: { file: string }) => file).sort()).toEqual(files.sort())
    expect(files).toHaveLength(7)
  })

  test.each(facts.plain as { file: string }[])('$file is refused wherever it is cut', ({ file }) => {
    const step = file.includes('small') ? 1 : 61
    const bytes = read(file)
    const whole = bytes.toString('latin1').trimEnd().length
    for (let end = 0; end < whole; end += end < whole - 200 ? step : 1)
      expect(() => walk(bytes.subarray(0, end)), `cut at ${end}`).toThrow(
        expect.objectContaining({ code: 'data-corrupt' }),
      )
    expect(walk(bytes.subarray(0, whole)).complete).toBe(true)
  })
})

describe('the end', () => {
  test.each([
    ['within a text', `SELECT '${end}`, 'within a text'],
    ['within the data of COPY', `COPY t FROM stdin;\n${end}`, 'within COPY data'],
    ['within a comment', `/* ${end}`, 'within a comment'],
    ['without a mark', 'SELECT 1;', 'without the last line'],
    ['with a mark in a text only', `SELECT $$${end}$$;`, 'without the last line'],
    ['with a statement behind', `${end}SELECT 1;`, 'follows the end'],
    ['with a command behind', `${end}\\connect x`, 'follows the end'],
    ['before \\unrestrict', `\\restrict a\n${end}`, '\\unrestrict'],
    ['within the key of \\unrestrict', `\\restrict abc\n${end}\\unrestrict ab`, '\\unrestrict'],
    ['at the beginning', '', 'empty'],
  ])('%s is none', (_, sql, message) => {
    expect(() => walk(sql)).toThrow(
      expect.objectContaining({ code: 'data-corrupt', message: expect.stringContaining(message) }),
    )
  })

  test('may be followed by comments and \\unrestrict', () => {
    expect(walk(`\\restrict a\n${end}\\unrestrict a\n\n-- made by hand\n`).complete).toBe(true)
  })

  test('of foreign SQL says nothing, so that its rows are not known', () => {
    const sql = 'INSERT INTO pedidos VALUES (1);\nDELETE FROM pedidos'
    expect(walk(sql, { foreign: true })).toMatchObject({
      complete: false,
      tables: [{ schema: 'public', name: 'pedidos', rows: undefined }],
    })
    expect(walk('-- mine\nSELECT 1;', { foreign: true }).complete).toBe(false)
    expect(() => walk('SELECT $$', { foreign: true })).toThrow('ends at byte 9 within a text')
    expect(() => walk('--\n-- PostgreSQL database dump\n--\nSELECT 1;', { foreign: true })).toThrow(
      'without the last line',
    )
  })

  test('of a whole cluster is refused as another kind of file', () => {
    expect(() => walk('--\n-- PostgreSQL database cluster dump\n--\n')).toThrow(
      expect.objectContaining({ code: 'input-invalid' }),
    )
  })
})

test('what made the dump, and of what', () => {
  const about = '-- Dumped from database version 15.18\n-- Dumped by pg_dump version 17.6\n'
  expect(walk(about + end)).toMatchObject({ serverVersion: '15.18', dumpVersion: '17.6' })
  expect(walk(end)).toMatchObject({ serverVersion: undefined, dumpVersion: undefined })
})

describe('rows', () => {
  test('of one table are added up', () => {
    const sql = `COPY public.t (a) FROM stdin;\n1\n2\n\\.\nINSERT INTO public."t" VALUES (3), (4);\ninsert into PUBLIC.T values (5);${end}`
    expect(counts(walk(sql))).toEqual([{ schema: 'public', name: 't', rows: 5 }])
  })

  test.each([
    ['COPY public.t FROM stdin WITH (FORMAT csv);\n"1\n2"\n\\.\n'],
    ['INSERT INTO public.t SELECT 1;'],
    ['INSERT INTO public.t VALUES (1); INSERT INTO public.t SELECT 2; INSERT INTO public.t VALUES (3);'],
  ])('are not known after %s', sql => {
    expect(counts(walk(sql + end))).toEqual([{ schema: 'public', name: 't', rows: undefined }])
  })

  test('have their bytes: of the data of COPY, of the statements of INSERT', () => {
    const copied = 'COPY public.t (a) FROM stdin;\n1\n22\n\\.\n'
    const inserted = 'INSERT INTO public.u VALUES (1);\nINSERT INTO public.u VALUES (22);'
    expect(walk(`${copied}\n${inserted}${end}`).tables).toMatchObject([
      { name: 't', rows: 2, bytes: 8 },
      { name: 'u', rows: 2, bytes: inserted.length - 1 },
    ])
  })

  test('of COPY BINARY are not known', () => {
    const sql = `COPY BINARY public.t FROM stdin;\n\\.\n${end}`
    expect(counts(walk(sql))).toEqual([{ schema: 'public', name: 't', rows: undefined }])
  })

  test('belong to the schema that a dump of before 10.3 has chosen', () => {
    const sql = `SET search_path = ventas, pg_catalog;\nCOPY t (a) FROM stdin;\n1\n\\.\nINSERT INTO t VALUES (1);\nSET search_path = public;\nINSERT INTO t VALUES (1);${end}`
    expect(counts(walk(sql))).toEqual([
      { schema: 'ventas', name: 't', rows: 2 },
      { schema: 'public', name: 't', rows: 1 },
    ])
  })

  test('of a table without any are none, under its exact name', () => {
    const sql = `CREATE UNLOGGED TABLE "a""b"."x\ny" ();\n-- Data for Name: x y; Type: TABLE DATA; Schema: a"b; Owner: -\n\n-- Data for Name: z; Type: TABLE DATA; Schema: s; Owner: -\n${end}`
    for (const made of [sql, sql.replace('UNLOGGED ', '')])
      expect(walk(made).tables).toEqual([
        { schema: 'a"b', name: 'x\ny', rows: 0, bytes: 0 },
        { schema: 's', name: 'z', rows: 0, bytes: 0 },
      ])
  })
})
