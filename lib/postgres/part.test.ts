import { expect, test } from 'vitest'
import type { TocEntry } from './archive.ts'
import { choosePart, halvesOf } from './part.ts'

const blank = {
  oid: 0,
  tableOid: 0,
  section: 'pre-data' as const,
  defn: '',
  dropStmt: '',
  copyStmt: undefined,
  tablespace: undefined,
  tableam: undefined,
  relkind: undefined,
  owner: 'postgres',
  dataOffset: undefined,
}

/** `desc` or `desc schema.tag`, and the numbers of what it depends on; ids are the lines' numbers. */
function archive(text: string): TocEntry[] {
  return text
    .trim()
    .split('\n')
    .map((line, at) => {
      const [about = '', needs = ''] = line.trim().split(' <- ')
      const [, desc = '', namespace, tag = ''] = /^([A-Z ]+?)(?: (?:(\w+)\.)?([a-z_].*))?$/.exec(about) ?? []
      const hasData = desc === 'TABLE DATA'
      const dependencies = needs === '' ? [] : needs.split(' ').map(Number)
      return { ...blank, dumpId: at + 1, desc, namespace, tag, dependencies, hasData }
    })
}

const shop = archive(`
  ENCODING encoding
  DATABASE shop
  SCHEMA s
  TYPE s.mood <- 3
  FUNCTION s.stamp() <- 3
  TABLE s.customers <- 3 4
  SEQUENCE s.customers_id_seq <- 3 6
  SEQUENCE OWNED BY s.customers_id_seq <- 6 7
  TABLE s.orders <- 3
  VIEW s.totals <- 3 9
  TABLE public.logs
  DEFAULT s.customers id <- 6 7
  TABLE DATA s.customers <- 6
  TABLE DATA s.orders <- 9
  TABLE DATA public.logs <- 11
  SEQUENCE SET s.customers_id_seq <- 7
  CONSTRAINT s.customers customers_pkey <- 6
  CONSTRAINT s.orders orders_pkey <- 9
  INDEX s.orders_when <- 9
  TRIGGER s.customers stamped <- 5 6
  FK CONSTRAINT s.orders orders_customer_fkey <- 6 9 17
  COMMENT s.CONSTRAINT <- 17
  ACL s.TABLE customers <- 6
  ACL shop <- 2
  SEQUENCE s.tickets <- 3
  COMMENT s.FUNCTION <- 5
`)
const ids = (part: Parameters<typeof choosePart>[1], entries = shop) =>
  choosePart(entries, part).entries.map(({ dumpId }) => dumpId)

test('a table comes with what belongs to it and what it needs', () => {
  const chosen = choosePart(shop, { tables: ['customers'] })
  expect(chosen.entries.map(({ dumpId }) => dumpId)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 17, 20, 22, 23, 24, 26,
  ])
  expect(chosen).toMatchObject({ unknown: [], leftOut: [], lacking: [] })
  expect(chosen.along).toEqual(['schema s', 'type s.mood', 'function s.stamp()'])
})

test('a foreign key to a table that is not chosen is left out, and comes when it is', () => {
  const chosen = choosePart(shop, { tables: ['s.orders'] })
  expect(chosen.entries.map(({ dumpId }) => dumpId)).toEqual([1, 2, 3, 9, 14, 18, 19, 24])
  expect(chosen.leftOut).toEqual([
    {
      what: 'foreign key s.orders orders_customer_fkey',
      needs: ['table s.customers'],
    },
  ])
  const both = choosePart(shop, { tables: ['orders', 'customers'] })
  expect(both.leftOut).toEqual([])
  expect(both.entries.map(({ dumpId }) => dumpId)).toContain(21)
})

test('a view cannot be made without its tables', () => {
  expect(choosePart(shop, { tables: ['totals'] }).lacking).toEqual([
    { what: 'view s.totals', needs: ['table s.orders'] },
  ])
  expect(choosePart(shop, { tables: ['totals', 'orders'] }).lacking).toEqual([])
})

test('a schema is everything in it, and tables are added to it', () => {
  const all = ids({ schemas: ['s'] })
  expect(all).toEqual(shop.map(({ dumpId }) => dumpId).filter(id => ![11, 15].includes(id)))
  expect(ids({ schemas: ['s'], tables: ['logs'] })).toEqual(shop.map(({ dumpId }) => dumpId))
})

test('names that the archive lacks are told with the nearest', () => {
  const { unknown } = choosePart(shop, { tables: ['custmers', 's.logs'], schemas: ['publik'] })
  expect(unknown).toEqual([
    { what: 'table custmers', nearest: ['customers', expect.any(String), expect.any(String)] },
    { what: 'table s.logs', nearest: expect.arrayContaining(['public.logs']) },
    { what: 'schema publik', nearest: ['public', 's'] },
  ])
})

test('definitions and content are apart, and together everything', () => {
  expect(ids({ dataOnly: true })).toEqual([1, 2, 13, 14, 15, 16])
  expect(
    [...ids({ dataOnly: true }).slice(2), ...ids({ schemaOnly: true })].toSorted((a, b) => a - b),
  ).toEqual(shop.map(({ dumpId }) => dumpId))
  expect(ids({ tables: ['orders'], dataOnly: true })).toEqual([1, 2, 14])
})

const parted = archive(`
  TABLE public.measures
  TABLE public.measures_1 <- 1
  TABLE public.measures_2 <- 1
  TABLE public.measures_2_a <- 3
  TABLE ATTACH public.measures_2_a <- 3 4
  TABLE ATTACH public.measures_1 <- 1 2
  TABLE ATTACH public.measures_2 <- 1 3
  TABLE DATA public.measures_1 <- 2
  TABLE DATA public.measures_2_a <- 4
  INDEX public.measures_when <- 1
  INDEX public.measures_1_when <- 2
  INDEX ATTACH public.measures_1_when <- 10 11
`)

test('a partitioned table is its partitions, a partition can be a table of its own', () => {
  expect(ids({ tables: ['measures'] }, parted)).toEqual(parted.map(({ dumpId }) => dumpId))
  const one = choosePart(parted, { tables: ['measures_1'] })
  expect(one.entries.map(({ dumpId }) => dumpId)).toEqual([2, 8, 11])
  expect(one.leftOut).toEqual([{ what: 'table attach public.measures_1', needs: ['table public.measures'] }])
})

test('what rows need not fulfil is made after them', () => {
  const entries = archive(`
    ENCODING encoding
    TABLE public.t
    TABLE DATA public.t <- 2
    CHECK CONSTRAINT public.t early <- 2
    CHECK CONSTRAINT public.t late <- 2
    COMMENT public.CONSTRAINT <- 5
    INDEX public.t_a <- 2
  `).map(entry => (entry.tag === 't late' ? { ...entry, section: 'post-data' as const } : entry))
  const { definitions, content } = halvesOf(entries)
  expect(definitions.map(({ dumpId }) => dumpId)).toEqual([1, 2, 4, 7])
  expect(content.map(({ dumpId }) => dumpId)).toEqual([1, 3, 5, 6])
})
