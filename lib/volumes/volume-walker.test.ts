import { describe, expect, test } from 'vitest'
import { goldenTar } from '../../tests/doubles/tar-read.ts'
import { type MadeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'
import { collect, once } from '../bytes.ts'
import { onlookerBy, walkedBy } from '../walker.ts'
import type { ByteString } from './byte-string.ts'
import { openGroups } from './groups.ts'
import { volumeWalker } from './volume-walker.ts'

const root = { path: 'volume/' }
const halves = (bytes: Uint8Array) => once(bytes.subarray(0, 700), bytes.subarray(700))

async function walk(entries: readonly MadeEntry[]) {
  const walked = walkedBy(volumeWalker(), halves(writeTar(entries)))
  await collect(walked.bytes)
  return walked.result()
}

test('a tar passes as it is, with its totals at the end', async () => {
  const tar = goldenTar('engine-20.10.tar')
  const walked = walkedBy(volumeWalker(), halves(tar))
  expect(await collect(walked.bytes)).toEqual(tar)
  const { complete, entries, bytes, tables } = walked.result()
  expect({ complete, entries, bytes }).toEqual({ complete: true, entries: 35, bytes: 1589 })
  expect(tables[0]).toEqual({ schema: '', name: '.', rows: 1, bytes: 0 })
  expect(tables).toContainEqual({ schema: '', name: 'sticky', rows: 3, bytes: 6 })
  expect(tables).toContainEqual({ schema: '', name: 'caf\\xe9', rows: 1, bytes: 7 })
  expect(tables.reduce((sum, { rows }) => sum + rows!, 0)).toBe(35)
  expect(tables.reduce((sum, table) => sum + table.bytes, 0)).toBe(1589)
})

test('a tar that is cut has no result, and an onlooker says so at the end', async () => {
  const tar = goldenTar('engine-20.10.tar').subarray(0, -1024)
  const walked = walkedBy(volumeWalker(), halves(tar))
  await expect(collect(walked.bytes)).rejects.toMatchObject({ code: 'data-corrupt' })
  expect(() => walked.result()).toThrow(expect.objectContaining({ code: 'internal' }))
  const onlooker = onlookerBy(volumeWalker())
  onlooker.watch(tar)
  expect(onlooker.end).toThrow('not as a tar ends')
})

test.each([
  ['another name', [{ path: 'data/' }], '"data"'],
  ['nothing', [], 'no folder volume/'],
  ['no root', [{ path: 'volume/a' }], 'no folder volume/'],
  ['a file for its root', [{ path: 'volume' }], 'no folder volume/'],
  ['a name beside the root', [root, { path: 'volumes/a' }], '"volumes/a"'],
  ['a name that climbs', [root, { path: 'volume/../a' }], '"volume/../a"'],
  ['a name with a point', [root, { path: 'volume/./a' }], '"volume/./a"'],
  ['a name with a hole', [root, { path: 'volume//a' }], '"volume//a"'],
])('a tar with %s is not that of a volume', async (_, entries, message) => {
  await expect(walk(entries)).rejects.toMatchObject({
    code: 'input-invalid',
    message: expect.stringContaining(message),
  })
})

describe('groups', () => {
  const totals = (names: readonly string[]) => {
    const groups = openGroups(3)
    for (const name of names) groups.add(`${name}/x` as ByteString, 10)
    return groups.all().map(({ name, rows, bytes }) => [name, rows, bytes])
  }

  test('are the same whatever the order, also when there are too many names', () => {
    const expected = [
      ['a', 2, 20],
      ['b', 1, 10],
      ['c', 2, 20],
      ['(others)', 4, 40],
    ]
    expect(totals(['a', 'b', 'c', 'd', 'e', 'a', 'c', 'd', 'e'])).toEqual(expected)
    expect(totals(['e', 'd', 'e', 'd', 'c', 'c', 'b', 'a', 'a'])).toEqual(expected)
    expect(totals(['d', 'a', 'e', 'c', 'd', 'b', 'e', 'c', 'a'])).toEqual(expected)
  })

  test('a thousand names have one each', async () => {
    const { tables } = await walk([
      root,
      ...Array.from({ length: 1200 }, (_, number) => ({ path: `volume/${number}`, content: 'x' })),
    ])
    expect(tables).toHaveLength(1001)
    expect(tables.at(-1)).toEqual({ schema: '', name: '(others)', rows: 201, bytes: 201 })
  })
})
