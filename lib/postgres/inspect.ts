import { collect } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { DatabaseInfo } from './database.ts'
import { type Client, clientEnvironment, queryOne } from './psql.ts'
import { literal } from './sql.ts'

interface Row {
  version: string
  size: number
  connections: number
  settings: Record<string, string> | null
}

/** Libraries that come with the server's start, what they are bound to, and how many tables may be locked at once. */
const telling = ['shared_preload_libraries', 'max_locks_per_transaction', 'cron.database_name']

/** Asks the server and the client tools who they are. `source-unreachable` when the server does not answer. */
export async function inspect(client: Client, signal?: AbortSignal): Promise<DatabaseInfo> {
  const row = await queryOne<Row>(
    client,
    `SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
          AND application_name NOT LIKE 'respaldo-%') AS connections,
       (SELECT json_object_agg(name, setting) FROM pg_settings
          WHERE name IN (${telling.map(literal).join(', ')}) AND setting IS DISTINCT FROM boot_val) AS settings`,
    { signal },
  )
  return {
    serverVersion: versionNumber(row.version),
    clientVersion: await toolVersion(client, 'pg_dump', signal),
    systemIdentifier: await systemIdentifier(client, signal),
    user: client.connection.user,
    sizeBytes: row.size,
    connections: row.connections,
    settings: row.settings ?? {},
  }
}

async function systemIdentifier(client: Client, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const row = await queryOne<{ id: string }>(
      client,
      'SELECT system_identifier::text AS id FROM pg_control_system()',
      { signal },
    )
    return row.id
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'command-failed') return undefined // the role may not read it
    throw error
  }
}

/** `17.2` of `pg_dump (PostgreSQL) 17.2 (Debian …)`; undefined when the tool is missing. */
export async function toolVersion(
  client: Client,
  tool: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const text = await collect(
      client.shell.exec({ argv: [tool, '--version'], env: clientEnvironment(client) }, signal).stdout,
    )
    return versionNumber(text.toString())
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'command-failed') return undefined
    throw error
  }
}

/** The first number with dots of a version text. */
export function versionNumber(text: string): string {
  return /\d+(\.\d+)*/.exec(text)?.[0] ?? text.trim()
}

/** `17` of `17.2`. */
export const major = (version: string): number => Number.parseInt(version, 10)
