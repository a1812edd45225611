import type { TableCount } from '../postgres/database.ts'
import type { ChunkIndex } from './index-file.ts'
import { isDatabase, type Manifest } from './manifest.ts'

/** In what a backup's index is not the one that its manifest speaks of, for a message; undefined when both say the same. */
export function indexDisagreement(manifest: Manifest, index: ChunkIndex): string | undefined {
  const { sizes, chunks, objects } = manifest
  let stored = 0
  for (const { storedBytes } of index.frames) stored += storedBytes
  const different = firstDifference([
    ['raw bytes', index.rawBytes, sizes.raw],
    ['chunks', index.lengths.length, chunks.count],
    ['bytes in an average chunk', index.average, chunks.average],
    ['stored bytes', stored, objects.data.bytes],
    ['stored bytes', stored, sizes.stored],
    ['parents', index.parents.join(' '), parentsOf(manifest, index)],
  ])
  return different ?? (manifest.type === 'full' && !isOrdinary(index) ? 'a full out of order' : undefined)
}

/** The same of its tables. */
export function tablesDisagreement(manifest: Manifest, tables: readonly TableCount[]): string | undefined {
  const isCounted = tables.every(({ rows }) => rows !== undefined)
  const records = isCounted ? tables.reduce((sum, { rows }) => sum + rows!, 0) : undefined
  if (isDatabase(manifest))
    return firstDifference([
      ['tables', tables.length, manifest.totals.tables],
      ['rows', records, manifest.totals.rows],
    ])
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0)
  return firstDifference([
    ['entries', records, manifest.totals.entries],
    ['bytes', bytes, manifest.totals.bytes],
  ])
}

/** The same of the tables that were found in a dump and what is known of them; the first ten that differ. */
export function rowsDisagreement(
  found: readonly TableCount[],
  tables: readonly TableCount[],
): string | undefined {
  const name = (table: TableCount) => JSON.stringify(`${table.schema}.${table.name}`)
  const counts = new Map(found.map(table => [name(table), table.rows]))
  const different = tables
    .filter(
      table =>
        !counts.has(name(table)) || (table.rows ?? counts.get(name(table))) !== counts.get(name(table)),
    )
    .slice(0, 10)
    .map(table => `${name(table)} has ${counts.get(name(table)) ?? 'no'} rows instead of ${table.rows}`)
  if (different.length > 0) return different.join('; ')
  return firstDifference([['tables', found.length, tables.length]])
}

/** The same of the groups of a volume's entries; the first ten that differ. */
export function groupsDisagreement(
  found: readonly TableCount[],
  groups: readonly TableCount[],
): string | undefined {
  const said = new Map(groups.map(group => [group.name, group]))
  const different = found
    .filter(({ name, rows, bytes }) => said.get(name)?.rows !== rows || said.get(name)?.bytes !== bytes)
    .slice(0, 10)
    .map(({ name, rows, bytes }) => {
      const before = said.get(name)
      return `${JSON.stringify(name)} has ${rows} entries of ${bytes} bytes instead of ${before ? `${before.rows} of ${before.bytes}` : 'none'}`
    })
  if (different.length > 0) return different.join('; ')
  return firstDifference([['groups', found.length, groups.length]])
}

type Value = number | string | undefined

function firstDifference(
  facts: readonly (readonly [what: string, found: Value, said: Value])[],
): string | undefined {
  const [what, found, said] = facts.find(([, found, said]) => found !== said) ?? []
  return what && `${what}: ${found ?? 'unknown'} instead of ${said ?? 'unknown'}`
}

/** An incremental's begin with its full and end with its parent; what lies between only the index tells. */
function parentsOf({ type, chain, parent }: Manifest, { parents }: ChunkIndex): string {
  if (type === 'full') return ''
  const last = parent === undefined || parent === chain ? [] : [parent]
  return [chain, ...parents.slice(1, -1), ...last].join(' ')
}

/** Its data file is the dump, as stock tools take it to be. */
function isOrdinary({ segments, lengths }: ChunkIndex): boolean {
  const run = segments.at(0)
  if (!run) return lengths.length === 0
  return segments.length === 1 && run.backup === 0 && run.first === 0 && run.count === lengths.length
}
