import { collect, once } from '../bytes.ts'
import type { Connection, Shell } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'

/** A way to the server's client tools for one run. */
export interface Client {
  shell: Shell
  connection: Connection
  /** Names the run in `application_name`. */
  run: string
}

/** What every client tool finds: UTC, hex bytea and English messages, so that two dumps compare and errors are understood. */
export function clientEnvironment(
  client: Client,
  database = client.connection.database,
): Record<string, string> {
  return {
    PGCONNECT_TIMEOUT: '15',
    ...client.connection.env,
    PGUSER: client.connection.user,
    PGDATABASE: database,
    PGAPPNAME: `respaldo-${client.run}`,
    PGTZ: 'UTC',
    PGOPTIONS: '-c bytea_output=hex',
    LC_ALL: 'C',
  }
}

/** `database` is the connection's own unless given. */
export interface SqlOptions {
  database?: string | undefined
  signal?: AbortSignal | undefined
}

const flags = ['-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1'] as const

/** The rows of one SELECT as objects; values as JSON has them. */
export async function query<Row>(client: Client, select: string, options: SqlOptions = {}): Promise<Row[]> {
  const sql = `SELECT coalesce(json_agg(row_to_json(respaldo_rows)), '[]') FROM (${select}) AS respaldo_rows`
  return JSON.parse((await psql(client, ['-c', sql], options)).trim()) as Row[]
}

/** The only row of a SELECT that always has one. */
export async function queryOne<Row>(client: Client, select: string, options: SqlOptions = {}): Promise<Row> {
  const [row] = await query<Row>(client, select, options)
  if (row) return row
  throw new RespaldoError('internal', `A query that always has a row had none: ${select}`)
}

/** Runs a script from standard input; it stops at its first error. Several statements are several transactions unless it says BEGIN. */
export async function execute(client: Client, script: string, options: SqlOptions = {}): Promise<string> {
  return psql(client, ['-f', '-'], options, script)
}

async function psql(
  client: Client,
  more: readonly string[],
  options: SqlOptions,
  script?: string,
): Promise<string> {
  const command = {
    argv: ['psql', ...flags, ...more] as [string, ...string[]],
    env: clientEnvironment(client, options.database),
    ...(script === undefined ? {} : { stdin: once(script) }),
  }
  try {
    return (await collect(client.shell.exec(command, options.signal).stdout)).toString()
  } catch (error) {
    throw explained(error, client.connection)
  }
}

const explanations: readonly [RegExp, (connection: Connection) => RespaldoError][] = [
  [
    /password authentication failed|no password supplied|role ".*" does not exist|no pg_hba\.conf entry|authentication failed/,
    ({ user }) =>
      new RespaldoError('source-unreachable', `The server refused the user ${user}`, {
        hint: 'Check the user and the password: --user, POSTGRES_USER and POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE), or the URL.',
      }),
  ],
  [
    /database ".*" does not exist/,
    ({ database }) =>
      new RespaldoError('source-not-found', `The server has no database ${database}`, {
        hint: 'Name another one with --database.',
      }),
  ],
  [
    /the database system is (starting up|shutting down|in recovery mode|not yet accepting)/,
    () =>
      new RespaldoError('source-unreachable', 'The server does not accept connections yet', {
        hint: 'Wait until it is ready and try again.',
      }),
  ],
  [
    /could not connect|connection to server .* failed|Connection refused|could not translate host name|timeout expired/,
    () =>
      new RespaldoError('source-unreachable', 'The server does not answer', {
        hint: 'Check that PostgreSQL runs and listens where it is looked for.',
      }),
  ],
  [
    /terminating connection due to administrator command|server closed the connection unexpectedly/,
    () =>
      new RespaldoError('command-failed', 'The server ended the connection in the middle', {
        hint: 'It was shut down, or somebody ended the session: look at its log, and try again.',
      }),
  ],
  [
    /not found|No such file or directory.*(psql|pg_dump|pg_restore)/,
    () =>
      new RespaldoError('command-failed', 'The PostgreSQL client tools are missing beside the source', {
        hint: 'psql, pg_dump and pg_restore have to be on the PATH there.',
      }),
  ],
]

/** A client tool's failure in Respaldo's words where its message is known; otherwise as it came. */
export function explained(error: unknown, connection: Connection): unknown {
  if (!(error instanceof RespaldoError) || error.code !== 'command-failed') return error
  const text = `${error.message}\n${error.context?.stderr ?? ''}`
  const found = explanations.find(([pattern]) => pattern.test(text))
  if (!found) return error
  const known = found[1](connection)
  return new RespaldoError(known.code, known.message, {
    hint: known.hint,
    context: error.context,
    cause: error,
  })
}
