import { RespaldoError } from '../../errors.ts'
import type { Walker } from '../../walker.ts'
import type { WalkResult } from '../archive.ts'
import type { DumpFormat } from '../database.ts'
import { walked } from '../walk.ts'
import { archiveDigester } from './archive-digest.ts'
import { plainDigester } from './plain-digest.ts'

/** The rows of one table, whatever their order. */
export interface TableDigest {
  rows: number
  /** Of the rows' text, with their columns in the order of `columns`. */
  sum: string
  columns: readonly string[]
}

/** What a dump holds, small enough to be kept and compared. */
export interface DumpDigest {
  /** By `schema.name`. */
  tables: ReadonlyMap<string, TableDigest>
  /** Hashes of definitions by what they are about; also comments, privileges and sequences' positions. */
  definitions: ReadonlyMap<string, string>
  /** Hashes of content by oid. */
  largeObjects: ReadonlyMap<number, string>
  /** As the dump tells them. */
  serverVersion: string | undefined
  dumpVersion: string | undefined
}

/** A walker that also digests; its `digest` is whole once `end` returned. */
export interface Digester extends Walker<WalkResult> {
  digest(): Omit<DumpDigest, 'serverVersion' | 'dumpVersion'>
}

/**
 * Digests a dump while it is read to its end, which has to be whole (`data-corrupt`) and of a version that is known (`version-mismatch`).
 * With `like` columns are taken in the order that they have there. Memory follows the number of tables, definitions and large objects.
 */
export async function digestDump(
  bytes: AsyncIterable<Uint8Array>,
  format: DumpFormat,
  like?: DumpDigest,
): Promise<DumpDigest> {
  const digester = format === 'custom' ? archiveDigester(like) : plainDigester(like)
  const walk = walked(bytes, format, digester)
  for await (const _ of walk.bytes);
  const { complete, version, serverVersion, dumpVersion } = walk.result()
  if (complete) return { ...digester.digest(), serverVersion, dumpVersion }
  throw new RespaldoError('version-mismatch', `The dump (version ${version}) cannot be compared`, {
    hint: 'It is newer than this Respaldo: update it.',
  })
}
