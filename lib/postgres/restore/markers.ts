import type { Maker } from '../../environment/environment.ts'
import { type Client, query } from '../psql.ts'
import { identifier, literal } from '../sql.ts'

/**
 * What a restore writes into the comment of a database that is its own, so that the server itself says what a dead run left:
 * - `side`: being filled beside the old one; drop it.
 * - `kept`: the old one after a swap.
 * - `replaced`: the old one while a restore in place goes on; give it its name back.
 * - `scratch`: a trial restore's; drop it when its maker is dead.
 * - `unproven`: being filled under the real name, or waiting for it; drop it. With `safety`, the old database is made anew from there.
 *
 * Nowhere written is `unmarked`: named like a side one, without a comment. Its run may have died between making and marking it.
 */
export type MarkerState = 'side' | 'kept' | 'replaced' | 'unproven' | 'scratch' | 'unmarked'

/** The marker as JSON behind `respaldo:` in a database's comment. */
export interface DatabaseMarker {
  state: MarkerState
  /** The name that the database had or will have. */
  of: string
  /** The database that the restore's connection named, where that is another. */
  from?: string
  /** ISO 8601, UTC. */
  at: string
  /** The database's own comment, which the marker stands in for. */
  comment?: string
  /** Of `unproven` after a drop: the safety backup that holds the old content. */
  safety?: string
  /** Of a trial restore's database, in any state. */
  maker?: Maker
}

/** A marked database as the server has it now. */
export interface MarkedDatabase extends DatabaseMarker {
  name: string
  sizeBytes: number
}

const prefix = 'respaldo:'

/** `COMMENT ON DATABASE` with the marker; only its owner or a superuser may. */
export function markSql(name: string, marker: DatabaseMarker): string {
  return `COMMENT ON DATABASE ${identifier(name)} IS ${literal(prefix + JSON.stringify(marker))};`
}

/** Puts a database's own comment back, or none. */
export function commentSql(name: string, comment: string | undefined): string {
  return `COMMENT ON DATABASE ${identifier(name)} IS ${comment === undefined ? 'NULL' : literal(comment)};`
}

/** The marker in a comment; undefined for any other comment. */
export function parseMarker(comment: string | undefined | null): DatabaseMarker | undefined {
  if (!comment?.startsWith(prefix)) return undefined
  try {
    return JSON.parse(comment.slice(prefix.length)) as DatabaseMarker
  } catch {
    return undefined // a user's own comment that begins like ours
  }
}

const sideSuffix = '_restoring_[0-9]{8}t[0-9]{6}z$'

/** Every database of the server that carries a marker, newest first, and those that only lack one. */
export async function markedDatabases(
  client: Client,
  database: string,
  signal?: AbortSignal,
): Promise<MarkedDatabase[]> {
  const rows = await query<{ name: string; comment: string | null; bytes: number }>(
    client,
    `SELECT datname AS name, comment, pg_database_size(oid) AS bytes
     FROM pg_database, shobj_description(oid, 'pg_database') AS comment
     WHERE comment LIKE ${literal(`${prefix}%`)} OR comment IS NULL AND datname ~ ${literal(sideSuffix)} ORDER BY datname`,
    { database, signal },
  )
  return rows
    .flatMap(({ name, comment, bytes }) => {
      const marker = comment === null ? unmarked(name) : parseMarker(comment)
      return marker ? [{ name, sizeBytes: bytes, ...marker }] : []
    })
    .sort((a, b) => (a.at < b.at ? 1 : -1))
}

const unmarked = (name: string): DatabaseMarker => ({
  state: 'unmarked',
  of: name.replace(new RegExp(sideSuffix), ''),
  at: '',
})
