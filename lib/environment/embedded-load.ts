import { RespaldoError, throwIfAborted } from '../errors.ts'
import { counted, type Report } from '../events.ts'
import type { RestoreInput, TableCount } from '../postgres/database.ts'
import { isRoleStatement } from './embedded-globals.ts'
import type { Session } from './embedded-session.ts'
import type { Statement, Statements } from './embedded-statements.ts'

/** Characters of rows that are sent at once; one by one they take three times as long. */
const togetherCharacters = 128 * 1024

/** Without checkpoints PGlite's log grows to a gigabyte beside the data; so it stays near 100 MB. */
const checkpointCharacters = 32 * 1024 * 1024

/** Runs the whole dump, and stops at the first statement that fails. */
export async function load(
  session: Session,
  input: RestoreInput,
  { statements, report, signal }: { statements: Statements; report: Report; signal: AbortSignal | undefined },
): Promise<void> {
  const sql = counted(input.open(signal), 'restore', report, { totalBytes: input.rawBytes })
  let sinceCheckpoint = 0
  for await (const batch of batches(statements(sql))) {
    throwIfAborted(signal)
    sinceCheckpoint += await run(session, batch)
    if (sinceCheckpoint < checkpointCharacters) continue
    await session.exec('CHECKPOINT')
    sinceCheckpoint = 0
  }
}

/** Rows together, everything else one by one, all in order. */
async function* batches(statements: AsyncIterable<Statement>): AsyncGenerator<Statement[]> {
  let rows: Statement[] = []
  let characters = 0
  for await (const statement of statements) {
    const isRow = statement.words[0] === 'insert'
    if (rows.length > 0 && (!isRow || characters > togetherCharacters)) {
      yield rows
      rows = []
      characters = 0
    }
    if (!isRow) {
      yield [statement]
      continue
    }
    rows.push(statement)
    characters += statement.text.length
  }
  if (rows.length > 0) yield rows
}

/** Makes the roles and settings of the backup's globals. */
export async function loadGlobals(session: Session, globals: string, statements: Statements): Promise<void> {
  for await (const statement of statements(pieceOf(globals)))
    if (isRoleStatement(statement.text)) await run(session, [statement])
}

async function* pieceOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** Returns how many characters it ran. */
async function run(session: Session, some: readonly Statement[]): Promise<number> {
  const sql = some.map(({ text }) => text).join('\n')
  try {
    await session.exec(sql)
    return sql.length
  } catch (cause) {
    if (!(cause instanceof RespaldoError) || cause.code !== 'command-failed') throw cause
    throw new RespaldoError('command-failed', `The dump does not load: ${cause.message}, in ${place(some)}`, {
      cause,
      hint: 'Nothing was replaced; the old data is as it was.',
      context: cause.context,
    })
  }
}

/** Where, without the data. */
function place(some: readonly Statement[]): string {
  const words = some[0]?.words.slice(0, 6).join(' ') ?? ''
  return some.length === 1 ? `"${words} …"` : `one of ${some.length} statements from "${words} …" on`
}

/** Counts every table and throws `data-corrupt` naming those whose rows are not the backup's. */
export async function compareRows(
  session: Session,
  tables: readonly TableCount[],
): Promise<{ tables: number; rows: number }> {
  const different: string[] = []
  let rows = 0
  const known = tables.filter(table => table.rows !== undefined)
  for (const table of known) {
    const found = await rowsOf(session, table)
    rows += found ?? 0
    if (found !== table.rows)
      different.push(`${table.schema}.${table.name}: ${found ?? 'no table'} instead of ${table.rows}`)
  }
  if (different.length === 0) return { tables: known.length, rows }
  throw new RespaldoError(
    'data-corrupt',
    `The restored tables do not hold the backup's rows: ${different.slice(0, 10).join('; ')}`,
    {
      hint: 'The old data was left as it was.',
      context: { different },
    },
  )
}

/** ONLY, because the rows of children are counted with the children. */
async function rowsOf(
  session: Session,
  { schema, name }: { schema: string; name: string },
): Promise<number | undefined> {
  const table = `${quoted(schema)}.${quoted(name)}`
  const [found] = await session.rows<{ there: boolean }>(
    `SELECT to_regclass('${table.replaceAll("'", "''")}') IS NOT NULL AS there`,
  )
  if (!found?.there) return undefined
  const [row] = await session.rows<{ count: string }>(`SELECT count(*)::text AS count FROM ONLY ${table}`)
  return Number(row?.count)
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** How many tables and rows a database holds, its own and not the system's. */
export async function countAll(session: Session): Promise<{ tables: number; rows: number }> {
  const tables = await session.rows<{ schema: string; name: string }>(
    `SELECT nspname AS schema, relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
  )
  let rows = 0
  for (const table of tables) rows += (await rowsOf(session, table)) ?? 0
  return { tables: tables.length, rows }
}
