import { expect, test } from 'vitest'
import type { TableCount } from '../postgres/database.ts'
import { indexDisagreement, rowsDisagreement, tablesDisagreement } from './agreement.ts'
import type { ChunkIndex } from './index-file.ts'
import type { Manifest } from './manifest.ts'

const index: ChunkIndex = {
  average: 8192,
  rawBytes: 300,
  parents: [],
  frames: [
    { storedBytes: 40, chunks: 2 },
    { storedBytes: 20, chunks: 1 },
  ],
  lengths: new Uint32Array([100, 100, 100]),
  hashes: new Uint8Array(96),
  segments: [{ backup: 0, first: 0, count: 3 }],
}
const manifest = {
  source: { kind: 'postgres' },
  type: 'full',
  chain: 'full',
  chunks: { average: 8192, count: 3 },
  sizes: { source: 1, raw: 300, stored: 60, new: 100 },
  totals: { tables: 2, rows: 5 },
  objects: { data: { name: 'data', bytes: 60, sha256: '' } },
} as Manifest
const incremental = { ...manifest, type: 'incremental' as const, parent: 'full' }

test.each<[string, Manifest, Partial<ChunkIndex>, string | undefined]>([
  ['agrees', manifest, {}, undefined],
  ['has other raw bytes', manifest, { rawBytes: 301 }, 'raw bytes: 301 instead of 300'],
  ['has a chunk less', manifest, { lengths: new Uint32Array(2) }, 'chunks: 2 instead of 3'],
  [
    'has longer frames',
    manifest,
    { frames: [{ storedBytes: 61, chunks: 3 }] },
    'stored bytes: 61 instead of 60',
  ],
  ['has a parent', manifest, { parents: ['other'] }, 'parents: other instead of '],
  ['is out of order', manifest, { segments: [{ backup: 0, first: 1, count: 2 }] }, 'a full out of order'],
  [
    'is in pieces',
    manifest,
    { segments: [0, 1, 2].map(first => ({ backup: 0, first, count: 1 })) },
    'a full out of order',
  ],
  ['builds on its full', incremental, { parents: ['full'] }, undefined],
  ['builds on nothing', incremental, {}, 'parents:  instead of full'],
  ['builds on more', { ...incremental, parent: 'b' }, { parents: ['full', 'a', 'b'] }, undefined],
  ['builds on another chain', incremental, { parents: ['other'] }, 'parents: other instead of full'],
])('an index that %s', (_, manifest, facts, expected) => {
  expect(indexDisagreement(manifest, { ...index, ...facts })).toBe(expected)
})

test('an empty dump has no runs', () => {
  const empty = { ...index, rawBytes: 0, frames: [], lengths: new Uint32Array(), segments: [] }
  const nothing = { ...manifest.sizes, raw: 0, stored: 0 }
  const objects = { ...manifest.objects, data: { name: 'data', bytes: 0, sha256: '' } }
  const of = { ...manifest, sizes: nothing, objects, chunks: { average: 8192, count: 0 } }
  expect(indexDisagreement(of, empty)).toBeUndefined()
})

const table = (name: string, rows?: number): TableCount => ({ schema: 'public', name, rows, bytes: 1 })

test.each<[readonly TableCount[], string | undefined]>([
  [[table('a', 2), table('b', 3)], undefined],
  [[table('a', 2), table('b', 2)], 'rows: 4 instead of 5'],
  [[table('a', 5)], 'tables: 1 instead of 2'],
  [[table('a', 5), table('b')], 'rows: unknown instead of 5'],
])('tables against totals %#', (tables, expected) => {
  expect(tablesDisagreement(manifest, tables)).toBe(expected)
})

test.each<[readonly TableCount[], string | undefined]>([
  [[table('a', 2), table('b', 3)], undefined],
  [[table('a', 4)], 'entries: 4 instead of 5'],
  [[table('a', 5)], 'bytes: 1 instead of 2'],
])('groups of entries against totals %#', (groups, expected) => {
  const volume = { ...manifest, source: { kind: 'volume' }, totals: { entries: 5, bytes: 2 } } as Manifest
  expect(tablesDisagreement(volume, groups)).toBe(expected)
})

test.each<[readonly TableCount[], readonly TableCount[], string | undefined]>([
  [[table('b', 3), table('a', 2)], [table('a', 2), table('b', 3)], undefined],
  // What could not be counted then may be counted now.
  [[table('a', 2)], [table('a')], undefined],
  [[table('a', 2)], [table('a', 3)], '"public.a" has 2 rows instead of 3'],
  [[], [table('a', 0)], '"public.a" has no rows instead of 0'],
  [[table('a', 0)], [], 'tables: 1 instead of 0'],
])('a dump against its tables %#', (found, tables, expected) => {
  expect(rowsDisagreement(found, tables)).toBe(expected)
})
