import { RespaldoError } from '../../errors.ts'
import type { TableCount } from '../database.ts'
import { type Client, execute, query } from '../psql.ts'
import { identifier } from '../sql.ts'

/** Tables counted by one statement. */
const batch = 200

/**
 * Counts every table of a restored database and throws `data-corrupt` naming those whose rows are not the backup's.
 * Extensions' configuration tables are counted under the condition under which pg_dump takes their rows (pg_extension.extcondition).
 */
async function compareRows(
  client: Client,
  database: string,
  tables: readonly TableCount[],
  signal?: AbortSignal,
): Promise<{ tables: number; rows: number }> {
  const options = { database, signal }
  const conditions = await extensionConditions(client, options)
  const different: string[] = []
  let rows = 0
  const counted = tables.filter(table => table.rows !== undefined)
  for (let from = 0; from < counted.length; from += batch) {
    const some = counted.slice(from, from + batch)
    const counts = await countRows(client, some, conditions, options)
    some.forEach((table, at) => {
      rows += counts[at] ?? 0
      if (counts[at] !== table.rows)
        different.push(`${table.schema}.${table.name}: ${counts[at]} instead of ${table.rows}`)
    })
  }
  if (different.length === 0) return { tables: counted.length, rows }
  throw new RespaldoError(
    'data-corrupt',
    `The restored tables do not hold the backup's rows: ${different.slice(0, 10).join('; ')}`,
    {
      hint: 'The old data was left as it was. Look at triggers, rules or event triggers that change rows while they are loaded.',
      context: { different },
    },
  )
}

/** What the step says. */
export const comparing = "Comparing every table's rows with the backup, and ANALYZE"

/** Compares, while ANALYZE reads the same tables beside it: without it the first queries would crawl. */
export async function compareAndAnalyze(
  client: Client,
  database: string,
  tables: readonly TableCount[],
  signal?: AbortSignal,
): Promise<{ tables: number; rows: number }> {
  const analyzed = execute(client, 'ANALYZE;', { database, signal })
  analyzed.catch(() => {}) // awaited below, unless the comparison failed first
  const counts = await compareRows(client, database, tables, signal)
  await analyzed
  return counts
}

type Options = { database: string; signal: AbortSignal | undefined }

const qualified = (table: { schema: string; name: string }) =>
  `${identifier(table.schema)}.${identifier(table.name)}`

async function countRows(
  client: Client,
  tables: readonly TableCount[],
  conditions: ReadonlyMap<string, string>,
  options: Options,
): Promise<number[]> {
  const counts = tables.map(
    table => `SELECT count(*) FROM ONLY ${qualified(table)} ${conditions.get(qualified(table)) ?? ''};`,
  )
  const text = await execute(client, ['SET row_security = off;', ...counts].join('\n'), options)
  return text.trim().split('\n').map(Number)
}

async function extensionConditions(client: Client, options: Options): Promise<Map<string, string>> {
  const rows = await query<{ schema: string; name: string; condition: string }>(
    client,
    `SELECT n.nspname AS schema, c.relname AS name, u.condition FROM pg_extension e,
       unnest(e.extconfig, e.extcondition) AS u(table_oid, condition) JOIN pg_class c ON c.oid = u.table_oid
       JOIN pg_namespace n ON n.oid = c.relnamespace`,
    options,
  )
  return new Map(rows.map(row => [qualified(row), row.condition]))
}
