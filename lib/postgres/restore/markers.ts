import { type Client, query } from '../psql.ts'
import { identifier, literal } from '../sql.ts'

/**
 * What a restore writes into the comment of a database that is its own, so that the server itself says what a dead run left:
 * - `side`: being filled beside the old one; drop it.
 * - `kept`: the old one after a swap.
 * - `replaced`: the old one while a restore in place goes on; give it its name back.
 * - `unproven`: being filled under the real name, or waiting for it; drop it. With `safety`, the old database is made anew from there.
 */
export type MarkerState = 'side' | 'kept' | 'replaced' | 'unproven'

/** The marker as JSON behind `respaldo:` in a database's comment. */
export interface DatabaseMarker {
  state: MarkerState
  /** The name that the database had or will have. */
  of: string
  /** ISO 8601, UTC. */
  at: string
  /** The database's own comment, which the marker stands in for. */
  comment?: string
  /** Of `unproven` after a drop: the safety backup that holds the old content. */
  safety?: string
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

/** Every database of the server that carries a marker, newest first. */
export async function markedDatabases(
  client: Client,
  database: string,
  signal?: AbortSignal,
): Promise<MarkedDatabase[]> {
  const rows = await query<{ name: string; comment: string; bytes: number }>(
    client,
    `SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment, pg_database_size(oid) AS bytes FROM pg_database
     WHERE shobj_description(oid, 'pg_database') LIKE ${literal(`${prefix}%`)} ORDER BY datname`,
    { database, signal },
  )
  return rows
    .flatMap(({ name, comment, bytes }) => {
      const marker = parseMarker(comment)
      return marker ? [{ name, sizeBytes: bytes, ...marker }] : []
    })
    .sort((a, b) => (a.at < b.at ? 1 : -1))
}
