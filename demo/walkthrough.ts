import { access } from 'node:fs/promises'
import { openQueries, type Queries, seed } from './queries.ts'

/** Makes the demo's database in a folder that must not exist yet, and closes it. Opens PGlite once. */
export async function openDemoDatabase(folder: string): Promise<void> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  )
  if (exists) throw new Error(`${folder} exists already; the demo uses only folders that it made`)
  await using opened = await open(folder)
  await seed(opened.queries)
}

/** What a bad day does to a database, and how to say it. */
const damages = [
  { sql: 'DELETE FROM pedidos WHERE pedido_id % 2 = 0', did: 'deleted every second row of pedidos' },
  { sql: 'UPDATE productos SET precio = 0', did: 'set every precio of productos to 0' },
  {
    sql: 'DROP TABLE usuarios CASCADE',
    did: 'dropped the table usuarios, and with it a foreign key and a view',
  },
] as const

/** Spoils the demo's database so that every table differs, and says what it did. Opens PGlite once. */
export async function damage(folder: string): Promise<string[]> {
  await using opened = await open(folder)
  for (const { sql } of damages) await opened.queries.run(sql)
  return damages.map(({ did }) => did)
}

export interface Fingerprint {
  rows: number
  /** The same for the same rows in any order, and only for those. */
  hash: string
}

/** Every table of a database, by its name, with a fingerprint of its rows. Tables of other schemas carry their schema. Opens PGlite once. */
export async function fingerprint(folder: string): Promise<Record<string, Fingerprint>> {
  await using opened = await open(folder)
  const tables = await opened.queries.rows<{ name: string; quoted: string }>(
    `SELECT CASE nspname WHEN 'public' THEN relname ELSE nspname || '.' || relname END AS name, format('%I.%I', nspname, relname) AS quoted
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1`,
  )
  const found: Record<string, Fingerprint> = {}
  for (const { name, quoted } of tables) found[name] = await fingerprintOf(opened.queries, quoted)
  return found
}

/** Each row is hashed and the hashes are added up: a restored table has its rows in another order. */
async function fingerprintOf(queries: Queries, table: string): Promise<Fingerprint> {
  const [row] = await queries.rows<{ rows: string; hash: string }>(
    `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS hash FROM ${table} AS t`,
  )
  return { rows: Number(row?.rows ?? 0), hash: row?.hash ?? '' }
}

async function open(folder: string): Promise<{ queries: Queries } & AsyncDisposable> {
  const queries = await openQueries(folder)
  return { queries, [Symbol.asyncDispose]: () => queries.close() }
}
