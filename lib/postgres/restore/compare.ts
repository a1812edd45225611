import { RespaldoError } from '../../errors.ts'
import type { TableCount } from '../database.ts'
import { type Client, execute } from '../psql.ts'
import { literal } from '../sql.ts'

/**
 * Counts every table of a restored database and throws `data-corrupt` naming those whose rows are not the backup's.
 * Extensions' configuration tables are counted under the condition under which pg_dump takes their rows (pg_extension.extcondition).
 */
async function compareRows(
  client: Client,
  tables: readonly TableCount[],
  options: Options,
): Promise<{ tables: number; rows: number }> {
  const counted = tables.filter(table => table.rows !== undefined)
  if (counted.length === 0) return { tables: 0, rows: 0 }
  const counts = await countRows(client, counted, options)
  const different = counted.flatMap(({ schema, name, rows }, at) =>
    counts[at] === rows ? [] : [`${schema}.${name}: ${counts[at]} instead of ${rows}`],
  )
  if (different.length === 0)
    return { tables: counted.length, rows: counts.reduce((sum, rows) => sum + rows, 0) }
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
  const options = { database, signal }
  const analyzed = Promise.all([0, 1].map(half => execute(client, analyzeHalf(half), options)))
  analyzed.catch(() => {}) // awaited below, unless the comparison failed first
  const counts = await compareRows(client, tables, options)
  await analyzed
  return counts
}

type Options = { database: string; signal: AbortSignal | undefined }

/**
 * Every second table by size, as ANALYZE uses one processor only. A partitioned table brings its partitions, and a new database has statistics of
 * its catalogs.
 */
const analyzeHalf = (half: number): string => `
  SELECT format('ANALYZE %I.%I', schema, name) FROM (
    SELECT nspname AS schema, relname AS name, row_number() OVER (ORDER BY pg_table_size(c.oid) DESC, c.oid) AS place
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'm', 'p') AND NOT relispartition AND relpersistence <> 't'
        AND nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')) AS tables
    WHERE place % 2 = ${half} ORDER BY place \\gexec`

/** Rows by table, in the order of the tables. */
async function countRows(client: Client, tables: readonly TableCount[], options: Options): Promise<number[]> {
  const wanted = tables.map(({ schema, name }, at) => `(${at}, ${literal(schema)}, ${literal(name)})`)
  const script = `SET row_security = off;
    SELECT format('SELECT count(*) FROM ONLY %I.%I %s', wanted.schema, wanted.name, condition)
      FROM (VALUES ${wanted.join(', ')}) AS wanted(place, schema, name)
      LEFT JOIN (${extensionConditions}) AS partial ON partial.schema = wanted.schema AND partial.name = wanted.name
      ORDER BY place \\gexec`
  const text = await execute(client, script, options)
  return text.trim().split('\n').map(Number)
}

const extensionConditions = `SELECT n.nspname AS schema, c.relname AS name, u.condition FROM pg_extension e,
  unnest(e.extconfig, e.extcondition) AS u(table_oid, condition) JOIN pg_class c ON c.oid = u.table_oid
  JOIN pg_namespace n ON n.oid = c.relnamespace`
