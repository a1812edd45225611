import type { RespaldoError } from '../errors.ts'
import type { BlockListener } from './archive-blocks.ts'
import { corrupt } from './archive-cursor.ts'
import type { TocEntry } from './archive-toc.ts'
import type { TableCount } from './database.ts'

interface Expectation {
  readonly name: string
  readonly schema: string
  readonly kind: 'table' | 'large-objects' | 'other'
  readonly copied: boolean
  readonly dataOffset: number | undefined
  seen: boolean
  bytes: number
  rows: number | undefined
}

/** Holds what the table of contents promised against the blocks that come. */
export interface ExpectedData {
  add(entry: TocEntry): void
  /** For the blocks that follow. Rows are counted only when they can be. */
  listener(countRows: boolean): BlockListener
  /** The block that was begun last, for messages. */
  current(): string
  /** Throws data-corrupt, naming what is missing, unless every entry with data had its block. */
  checkAllSeen(offset: number): void
  tables(): TableCount[]
  largeObjects(): { count: number; bytes: number }
}

/** Keeps account of the data that the table of contents announced, one archive long. */
export function expectedData(): ExpectedData {
  const expected = new Map<number, Expectation>()
  const largeObjects = { count: 0, bytes: 0 }
  let current: Expectation | undefined

  function find(kind: 'data' | 'large-objects', dumpId: number, offset: number): Expectation {
    const found = expected.get(dumpId)
    if (!found) throw corrupt(offset, `a block of data with the id ${dumpId}, which no entry with data has`)
    if (found.seen) throw corrupt(offset, `a second block of data for ${describe(found)}`)
    if ((found.kind === 'large-objects') !== (kind === 'large-objects'))
      throw corrupt(offset, `a block of another kind for ${describe(found)}`)
    if (found.dataOffset !== undefined && found.dataOffset !== offset)
      throw corrupt(offset, `the data of ${describe(found)}, which should begin at byte ${found.dataOffset}`)
    return found
  }

  return {
    add(entry) {
      if (!entry.hasData) return
      if (expected.has(entry.dumpId)) throw corrupt(0, `two entries with data have the id ${entry.dumpId}`)
      expected.set(entry.dumpId, expectation(entry))
    },
    listener: countRows => ({
      opened(kind, dumpId, offset) {
        current = find(kind, dumpId, offset)
        current.seen = true
        return countRows && current.kind === 'table' && current.copied
      },
      closed(content) {
        current!.bytes = content.bytes
        if (countRows && current!.copied)
          current!.rows = content.newlines - (content.trailer ? newlinesOfTrailer : 0)
        if (current!.kind !== 'large-objects') return
        largeObjects.count += content.largeObjects
        largeObjects.bytes += content.bytes
      },
    }),
    current: () => (current ? describe(current) : 'its first entry'),
    checkAllSeen(offset) {
      const missing = [...expected.values()].filter(one => !one.seen)
      if (missing.length > 0) throw missingData(offset, missing, expected.size)
    },
    tables: () =>
      [...expected.values()]
        .filter(({ kind }) => kind === 'table')
        .map(({ schema, name, rows, bytes }) => ({ schema, name, rows, bytes })),
    largeObjects: () => ({ ...largeObjects }),
  }
}

/** `\.` and its newline, and two empty lines. */
const newlinesOfTrailer = 3

const kinds: Readonly<Record<string, Expectation['kind']>> = { 'TABLE DATA': 'table', BLOBS: 'large-objects' }

function expectation(entry: TocEntry): Expectation {
  return {
    name: entry.tag,
    schema: entry.namespace ?? '',
    kind: kinds[entry.desc] ?? 'other',
    copied: entry.copyStmt !== undefined,
    dataOffset: entry.dataOffset,
    seen: false,
    bytes: 0,
    rows: undefined,
  }
}

function describe(one: Expectation): string {
  if (one.kind === 'large-objects') return 'large objects'
  return JSON.stringify(one.schema === '' ? one.name : `${one.schema}.${one.name}`)
}

function missingData(offset: number, missing: readonly Expectation[], total: number): RespaldoError {
  const names = missing.slice(0, 3).map(describe).join(', ')
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
  return corrupt(
    offset,
    `it ends before the data of ${names}${more} (${total - missing.length} of ${total} were there)`,
  )
}
