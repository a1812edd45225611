import { expect, test } from 'vitest'
import { chosenDatabases, meantSource, parseConfig } from './config.ts'

const parsed = (source: string) =>
  parseConfig(`sources: [{ environment: docker, ${source} }]`, 'the file').sources![0]!

test.each([
  ['databases: all', {}],
  ['databases: { include: [shop*], exclude: [shop_test] }', { include: ['shop*'], exclude: ['shop_test'] }],
  ['database: shop', undefined],
])('a source with %s means the databases %j', (text, expected) => {
  expect(chosenDatabases(parsed(text))).toEqual(expected)
})

test.each([
  ['databases: some', 'sources.0.databases: has to be all, or an object of lists include and exclude'],
  ['databases: { only: [a] }', 'sources.0.databases: Unrecognized key: "only"'],
  ['databases: { include: [] }', 'sources.0.databases.include: Too small'],
  ['databases: all, database: shop', 'database and databases exclude each other'],
])('a source with %s is refused', (text, message) => {
  expect(() => parsed(text)).toThrow(message)
})

test('the source that is meant is the one of the name, or the only one', () => {
  const shop = { name: 'shop', environment: 'docker' as const }
  const wiki = { name: 'wiki', environment: 'docker' as const }
  expect(meantSource({ sources: [shop, wiki] }, 'wiki')).toBe(wiki)
  expect(meantSource({ sources: [shop, wiki] }, undefined)).toBeUndefined()
  expect(meantSource({ sources: [shop] }, undefined)).toBe(shop)
  expect(meantSource({ sources: [shop] }, 'pc_db')).toBeUndefined()
  expect(meantSource({}, undefined)).toBeUndefined()
})
