import { expect, test } from 'vitest'
import { cutAt, golden } from '../../tests/doubles/archive-walk.ts'
import { collect, once } from '../bytes.ts'
import { plainPart } from './plain-part.ts'
import { splitStatements } from './sql-split.ts'
import { walked } from './walk.ts'

const files = ['pg15.sql', 'pg17.sql', 'pg15-inserts.sql', 'pg15-rows-per-insert.sql', 'pglite.sql']

async function statements(sql: Uint8Array): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of splitStatements(once(sql))) texts.push(text)
  return texts
}

test.each(files)('the halves of %s are dumps, and together the whole', async file => {
  const whole = golden(file)
  const definitions = await collect(plainPart(once(whole), 'definitions'))
  const content = await collect(plainPart(once(whole), 'content'))
  const count = async (sql: Uint8Array) => {
    const walk = walked(once(sql), 'plain')
    for await (const _ of walk.bytes);
    const { complete, tables, largeObjects } = walk.result()
    expect(complete).toBe(true)
    return {
      rows: tables.filter(({ rows }) => rows !== 0).map(({ name, rows, schema }) => ({ schema, name, rows })),
      largeObjects,
    }
  }
  expect(await count(content)).toEqual(await count(whole))
  expect(await count(definitions)).toEqual({ rows: [], largeObjects: { count: 0, bytes: undefined } })
  expect(definitions.toString()).not.toMatch(/^SELECT pg_catalog\.(?:lo|setval)/m)
  expect(content.toString()).not.toMatch(/^(?:CREATE|ALTER TABLE) /m)

  const [all, first, second] = [
    await statements(whole),
    await statements(definitions),
    await statements(content),
  ]
  const settings = first.filter(text => second.includes(text))
  expect(settings.every(text => /^(?:SET|SELECT pg_catalog.set_config)/.test(text))).toBe(true)
  expect([...first, ...second.filter(text => !settings.includes(text))].toSorted()).toEqual(all.toSorted())
})

test.each(['definitions', 'content'] as const)('the %s are the same however the bytes come', async half => {
  const whole = golden('pg17.sql')
  const expected = await collect(plainPart(once(whole), half))
  for (const places of [[1, 700, 701, 1500], Array.from(whole.keys())])
    expect(await collect(plainPart(once(...cutAt(whole, places)), half))).toEqual(expected)
})

test('a CHECK that rows need not fulfil comes after them, with its comment', async () => {
  const late =
    "ALTER TABLE public.t\n    ADD CONSTRAINT c CHECK ((a > 1)) NOT VALID;\nCOMMENT ON CONSTRAINT c ON public.t IS 'x';\n"
  const content = await collect(
    plainPart(once(`CREATE TABLE t (a int);\n${late}CREATE INDEX i ON t (a);\n`), 'content'),
  )
  expect(content.toString()).toContain(late)
  expect(content.toString()).not.toContain('CREATE')
})
