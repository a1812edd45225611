import { describe, expect, test } from 'vitest'
import { golden } from '../../../tests/doubles/archive-walk.ts'
import { block, largeObjects, tableData, writeArchive } from '../../../tests/doubles/archive-writer.ts'
import { once } from '../../bytes.ts'
import { compareDigests } from './compare.ts'
import { digestDump } from './digest.ts'

const strict = { subscriptions: true }
const end = '\\.\n\n\n'
let made = 0

/** A small archive with one of each, and one thing in another way. */
function archive(
  change: {
    rows?: string[]
    copy?: string
    view?: string
    owner?: string
    position?: number
    object?: string
    version?: string
    subscription?: string
  } = {},
) {
  const { rows = ['1\tuno\n', '2\tdos\n'], copy = 'COPY public.t (id, name) FROM stdin;\n' } = change
  return writeArchive({
    serverVersion: change.version ?? '17.2',
    entries: [
      tableData('t', { copyStmt: copy }),
      { desc: 'BLOBS', tag: 'BLOBS', section: 'data', hasData: true },
      {
        desc: 'VIEW',
        tag: 'v',
        namespace: 'public',
        defn: change.view ?? 'CREATE VIEW v',
        owner: change.owner ?? 'ana',
      },
      {
        desc: 'SEQUENCE SET',
        tag: 't_id_seq',
        namespace: 'public',
        defn: `SELECT pg_catalog.setval('public.t_id_seq', ${change.position ?? 2}, true);`,
      },
      { desc: 'DATABASE', tag: `copy ${made}`, defn: `CREATE DATABASE "copy ${made++}"` },
      { desc: 'COMMENT', tag: 'SUBSCRIPTION s', defn: change.subscription ?? 'COMMENT' },
    ],
    blocks: [block(1, [...rows, end]), largeObjects(2, { 7: [change.object ?? 'content'], 8: ['x', 'y'] })],
  })
}

const digest = (bytes: Uint8Array, like?: Awaited<ReturnType<typeof digestDump>>) =>
  digestDump(once(bytes), 'custom', like)

describe('two dumps', () => {
  const before = digest(archive())
  const differences = async (other: Uint8Array) =>
    compareDigests(await before, await digest(other, await before), strict)

  test('of the same content have no difference, in any order of rows and columns', async () => {
    expect(await differences(archive())).toEqual([])
    expect(await differences(archive({ rows: ['2\tdos\n', '1\tuno\n'] }))).toEqual([])
    const turned = { rows: ['dos\t2\n', 'uno\t1\n'], copy: 'COPY public.t (name, id) FROM stdin;\n' }
    expect(await differences(archive(turned))).toEqual([])
  })

  test.each([
    ['a row less', { rows: ['1\tuno\n'] }, 'public.t', '1 rows instead of 2'],
    ['another row', { rows: ['1\tuno\n', '2\ttres\n'] }, 'public.t', 'its 2 rows are not the same ones'],
    ['another definition', { view: 'CREATE VIEW w' }, 'VIEW v in public', 'is defined in another way'],
    ['another owner', { owner: 'eva' }, 'VIEW v in public', 'is defined in another way'],
    [
      'another position',
      { position: 3 },
      'SEQUENCE SET t_id_seq in public',
      'the sequence stands at another position',
    ],
    ['another large object', { object: 'else' }, 'large object 7', 'has other content'],
  ])('with %s differ in that alone', async (_, change, object, what) => {
    expect(await differences(archive(change))).toEqual([{ object, what }])
  })

  test('name what is missing and what is new', async () => {
    const other = writeArchive({
      entries: [tableData('u')],
      serverVersion: '17.2',
      blocks: [block(1, [end])],
    })
    const found = (await differences(other)).map(({ object, what }) => `${object} ${what}`)
    expect(found).toContain('public.t did not come back')
    expect(found).toContain('public.u is not in the backup')
    expect(found).toContain('large object 8 did not come back')
  })

  test('of two major versions are compared without the words of their definitions', async () => {
    const newer = archive({ version: '18.1', view: 'CREATE VIEW in other words', position: 9 })
    expect(compareDigests(await before, await digest(newer), { subscriptions: false })).toEqual([
      { object: 'SEQUENCE SET t_id_seq in public', what: 'the sequence stands at another position' },
    ])
  })

  test('differ in their subscriptions only where these were restored', async () => {
    const other = await digest(archive({ subscription: 'COMMENT ON' }))
    expect(compareDigests(await before, other, strict)).toMatchObject([{ object: 'COMMENT SUBSCRIPTION s' }])
    expect(compareDigests(await before, other, { subscriptions: false })).toEqual([])
  })

  test('that are not whole are refused', async () => {
    await expect(digest(archive().subarray(0, -1))).rejects.toMatchObject({ code: 'data-corrupt' })
    const unknown = writeArchive({ minor: 99, entries: [] })
    await expect(digest(unknown.subarray(0, -1))).rejects.toMatchObject({ code: 'version-mismatch' })
  })
})

test.each(['pg15.sql', 'pg15-inserts.sql', 'pglite.sql'])(
  'plain SQL has tables and definitions too: %s',
  async file => {
    const text = golden(file).toString()
    const one = await digestDump(once(text), 'plain')
    expect(one.tables.size).toBeGreaterThan(3)
    expect([...one.definitions.keys()]).toContain('TABLE usuarios in public')
    expect(compareDigests(one, await digestDump(once(...text.match(/.{1,97}/gs)!), 'plain'), strict)).toEqual(
      [],
    )
    const changed = await digestDump(
      once(text.replace(/setval\('(\S+)', \d+/, "setval('$1', 424242")),
      'plain',
    )
    expect(compareDigests(one, changed, strict)).toMatchObject([
      { what: 'the sequence stands at another position' },
    ])
  },
)

test('a list of varchar constants is the same in both ways of writing it', async () => {
  const check = (list: string) => archive({ view: `CHECK (((state)::text = ANY (${list})))` })
  const typed = await digest(check("(ARRAY['a'::character varying, 'it''s'::character varying])::text[]"))
  const restored = await digest(
    check("ARRAY[('a'::character varying)::text, ('it''s'::character varying)::text]"),
  )
  const other = await digest(check("ARRAY[('a'::character varying)::text, ('its'::character varying)::text]"))
  expect(compareDigests(typed, restored, strict)).toEqual([])
  expect(compareDigests(typed, other, strict)).toHaveLength(1)
})
