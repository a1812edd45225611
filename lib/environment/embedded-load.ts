import { RespaldoError, throwIfAborted } from '../errors.ts'
import { counted, type Report } from '../events.ts'
import type { RestoreInput, TableCount } from '../postgres/database.ts'
import { isRoleStatement } from './embedded-globals.ts'
import type { Session } from './embedded-session.ts'
import type { Statement, Statements } from './embedded-statements.ts'

/** Characters of rows that are sent at once; one by one they take three times as long. */
const togetherCharacters = 128 * 1024

/** Runs the whole dump, and stops at the first statement that fails. */
export async function load(
  session: Session,
  input: RestoreInput,
  { statements, report, signal }: { statements: Statements; report: Report; signal: AbortSignal | undefined },
): Promise<void> {
  let rows: Statement[] = []
  let characters = 0
  const flush = async () => {
    if (rows.length > 0) await run(session, rows)
    rows = []
    characters = 0
  }
  const sql = counted(input.open(signal), 'restore', report, { totalBytes: input.rawBytes })
  for await (const statement of statements(sql)) {
    throwIfAborted(signal)
    const isRow = statement.words[0] === 'insert'
    if (!isRow || characters > togetherCharacters) await flush()
    if (!isRow) await run(session, [statement])
    else characters += rows.push(statement) && statement.text.length
  }
  await flush()
}

/** Makes the roles and settings of the backup's globals. */
export async function loadGlobals(session: Session, globals: string, statements: Statements): Promise<void> {
  const sql = globals.replaceAll(/^\\.*$/gm, '') // psql's own lines
  for await (const statement of statements(pieceOf(sql)))
    if (isRoleStatement(statement.text)) await run(session, [statement])
}

async function* pieceOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function run(session: Session, some: readonly Statement[]): Promise<void> {
  try {
    await session.exec(some.map(({ text }) => text).join('\n'))
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
