import { createHash, type Hash } from 'node:crypto'
import { archiveWalker, type TocEntry } from '../archive.ts'
import { columnsOf } from './columns.ts'
import { openDefinitions } from './definitions.ts'
import type { Digester, DumpDigest } from './digest.ts'
import type { Rows } from './row-sum.ts'
import { growingTables } from './tables.ts'

/** `\.` and two empty lines behind the rows of every table. */
const endLines = 3

/** Digests pg_dump's custom format as its walker reads it. */
export function archiveDigester(like?: DumpDigest): Digester {
  const entries = new Map<number, { name: string; columns: readonly string[] }>()
  const definitions = openDefinitions()
  const tables = growingTables(like?.tables)
  const largeObjects = new Map<number, string>()
  let rows: Rows | undefined
  let object: { oid: number; hash: Hash } | undefined

  function endObject(): void {
    if (object) largeObjects.set(object.oid, object.hash.digest('hex'))
    object = undefined
  }

  const walker = archiveWalker({
    tap: {
      entry(entry) {
        if (entry.desc === 'TABLE DATA') entries.set(entry.dumpId, dataOf(entry))
        definitions.add(entry, definitionOf(entry))
      },
      opened(dumpId) {
        const entry = entries.get(dumpId)
        rows = entry && tables.copied(entry.name, entry.columns, endLines)
      },
      largeObject(oid) {
        endObject()
        object = { oid, hash: createHash('sha256') }
      },
      data(bytes, from, to) {
        if (rows) rows.add(bytes, from, to)
        else object?.hash.update(bytes.subarray(from, to))
      },
      closed: endObject,
    },
  })
  return {
    ...walker,
    digest: () => ({ tables: tables.all(), definitions: definitions.all(), largeObjects }),
  }
}

const dataOf = ({ namespace, tag, copyStmt }: TocEntry) => ({
  name: `${namespace ?? ''}.${tag}`,
  columns: columnsOf(copyStmt ?? ''),
})

/** What a restore has to bring back of an entry, and nothing that only this archive knows. */
const definitionOf = ({ owner, tablespace, tableam, defn }: TocEntry): string =>
  [owner, tablespace, tableam, defn].join('\n')
