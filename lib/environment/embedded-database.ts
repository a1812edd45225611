import { RespaldoError } from '../errors.ts'
import type { Database, DatabaseInfo, Row, Scope } from '../postgres/database.ts'
import { globalsQuery } from './embedded-globals.ts'
import { embeddedRestores } from './embedded-restores.ts'
import { type Session, withDatabase } from './embedded-session.ts'
import type { Statements } from './embedded-statements.ts'
import { assertUsable, noServer, onlyPlain } from './embedded-use.ts'

/** Bytes of one piece of a dump. */
const pieceBytes = 256 * 1024

/** pg_dump's last words; without them the dump was cut. */
const lastWords = '-- PostgreSQL database dump complete'

/**
 * The database of a PGlite folder, opened anew by every call and closed behind it, in a thread of its own.
 * Its limit: pg_dump for PGlite holds the whole dump in memory, and fails past about 500 MB of SQL text.
 */
export function embeddedDatabase(folder: string, statements: Statements): Database {
  const reading = async <T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    await assertUsable(folder)
    return withDatabase({ folder }, work, signal)
  }
  return {
    formats: ['plain'],
    inspect: signal => reading(inspect, signal),
    async *dump({ format, scope }, signal) {
      if (format !== 'plain') throw onlyPlain()
      yield* pieces(await reading(session => dump(session, scope), signal))
    },
    async globals({ passwords }, signal) {
      const rows = await reading(session => session.rows<{ sql: string }>(globalsQuery(passwords)), signal)
      return { sql: rows.map(row => `${row.sql}\n`).join('') }
    },
    endRuns: async () => {}, // a PGlite database ends with the process that opened it
    rows: ({ select }, signal) => reading(session => jsonRows(session, select), signal),
    restores: embeddedRestores(folder, statements),
    server: () => {
      throw noServer()
    },
    scripts: {
      version: async () => undefined,
      script: () => {
        throw onlyPlain()
      },
    },
  }
}

async function inspect(session: Session): Promise<DatabaseInfo> {
  const [row] = await session.rows<{ version: string; size: string; identifier: string }>(
    `SELECT current_setting('server_version') AS version, pg_database_size(current_database())::text AS size,
       (SELECT system_identifier::text FROM pg_control_system()) AS identifier`,
  )
  if (!row) throw new RespaldoError('source-unreachable', 'PGlite gave no answer')
  const { version, size, identifier } = row
  // Its pg_dump is built from the same sources: the two packages demand each other's exact version.
  return {
    serverVersion: version,
    clientVersion: version,
    systemIdentifier: identifier,
    user: undefined,
    sizeBytes: Number(size),
    connections: 0,
    settings: {},
  }
}

async function jsonRows(session: Session, select: string): Promise<Row[]> {
  const rows = await session.rows<{ row: Row }>(
    `SELECT row_to_json(respaldo_rows) AS row FROM (${select}) AS respaldo_rows`,
  )
  return rows.map(({ row }) => row)
}

async function dump(session: Session, scope: Scope): Promise<Uint8Array> {
  await assertDumpable(session)
  const bytes = await session.dump(scopeFlags(scope))
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-100).includes(lastWords))
    return bytes
  throw new RespaldoError('command-failed', 'pg_dump ended without its last line, so the dump is not whole')
}

/** What a green backup would leave out or garble. */
async function assertDumpable(session: Session): Promise<void> {
  const rows = await session.rows<{ name: string; encoding: string }>(
    `SELECT datname AS name, pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE NOT datistemplate`,
  )
  const others = rows.filter(row => row.name !== 'postgres').map(row => row.name)
  if (others.length > 0)
    throw new RespaldoError(
      'input-invalid',
      `The PGlite folder holds further databases, which a backup of it would leave out: ${others.join(', ')}`,
      {
        hint: 'Give each database a folder of its own.',
      },
    )
  if (rows[0]?.encoding !== 'UTF8')
    throw new RespaldoError(
      'input-invalid',
      `The database is encoded in ${rows[0]?.encoding}; pg_dump for PGlite reads UTF8 only`,
    )
}

const scopeFlags = (scope: Scope): string[] => [
  ...(scope.schemaOnly ? ['--schema-only'] : []),
  ...(scope.schemas ?? []).map(pattern => `--schema=${pattern}`),
  ...(scope.tables ?? []).map(pattern => `--table=${pattern}`),
  ...(scope.excludeTables ?? []).map(pattern => `--exclude-table=${pattern}`),
]

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
