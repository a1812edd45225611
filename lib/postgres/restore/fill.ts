import type { TocEntry } from '../archive.ts'
import { type Client, execute, query } from '../psql.ts'
import { identifier } from '../sql.ts'

/** What a database says of tables that are to be filled; tables as `schema.name`. */
export interface FillFacts {
  /** How many there are to be filled. */
  tables: number
  missing: string[]
  /** Those that have rows. */
  filled: string[]
  /** Foreign keys of theirs to other tables, as `schema.name constraint`. */
  outside: string[]
  /** Whether any has a trigger; a foreign key is two. */
  triggers: boolean
}

/** Tables asked by one statement. */
const batch = 200

/** Looks at the tables whose data the entries are. Reads no more than one row of each. */
export async function fillFacts(
  client: Client,
  database: string,
  entries: readonly TocEntry[],
  signal?: AbortSignal,
): Promise<FillFacts> {
  const options = { database, signal }
  const there = new Map((await tablesOf(client, options)).map(table => [table.name, table]))
  const wanted = entries
    .filter(({ desc }) => desc === 'TABLE DATA')
    .map(({ namespace = '', tag }) => ({
      name: `${namespace}.${tag}`,
      quoted: `${identifier(namespace)}.${identifier(tag)}`,
    }))
  const found = wanted.filter(({ name }) => there.has(name))
  const names = new Set(wanted.map(({ name }) => name))
  return {
    tables: wanted.length,
    missing: wanted.filter(({ name }) => !there.has(name)).map(({ name }) => name),
    filled: await withRows(client, found, options),
    outside: found.flatMap(({ name }) =>
      there
        .get(name)!
        .keys.filter(({ to }) => !names.has(to))
        .map(({ key }) => `${name} ${key}`),
    ),
    triggers: found.some(({ name }) => there.get(name)!.triggers),
  }
}

type Options = { database: string; signal: AbortSignal | undefined }

interface Table {
  name: string
  triggers: boolean
  keys: { key: string; to: string }[]
}

/** A key to a partitioned table leads to its partitions too, which are the same rows. */
function tablesOf(client: Client, options: Options): Promise<Table[]> {
  return query<Table>(
    client,
    `SELECT n.nspname || '.' || c.relname AS name, c.relhastriggers AS triggers,
       (SELECT coalesce(json_agg(json_build_object('key', k.conname, 'to', fn.nspname || '.' || f.relname)), '[]')
          FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
          WHERE k.conrelid = c.oid AND k.contype = 'f' AND f.relkind = 'r') AS keys
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')`,
    options,
  )
}

async function withRows(
  client: Client,
  tables: readonly { name: string; quoted: string }[],
  options: Options,
): Promise<string[]> {
  const filled: string[] = []
  for (let from = 0; from < tables.length; from += batch) {
    const some = tables.slice(from, from + batch)
    const asked = some.map(({ quoted }) => `SELECT EXISTS (SELECT FROM ONLY ${quoted});`)
    const answers = await execute(client, ['SET row_security = off;', ...asked].join('\n'), options)
    const lines = answers.trim().split('\n')
    filled.push(...some.filter((_, at) => lines[at] === 't').map(({ name }) => name))
  }
  return filled
}
