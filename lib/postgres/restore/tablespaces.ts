import type { TocEntry } from '../archive.ts'
import { type Client, execute, query } from '../psql.ts'
import { identifier } from '../sql.ts'

/** Makes the tablespaces that an archive names and a throw-away server lacks, within its own data folder (needs a superuser). */
export async function makeTablespaces(
  client: Client,
  entries: readonly TocEntry[],
  options: { database: string; signal: AbortSignal | undefined },
): Promise<void> {
  const needed = neededTablespaces(entries)
  if (needed.length === 0) return
  const rows = await query<{ name: string }>(client, 'SELECT spcname AS name FROM pg_tablespace', options)
  const known = new Set(rows.map(({ name }) => name))
  const making = needed
    .filter(name => !known.has(name))
    .map(name => `CREATE TABLESPACE ${identifier(name)} LOCATION '';`)
  await execute(client, ['SET allow_in_place_tablespaces = on;', ...making].join('\n'), options)
}

/** Of tables and indexes, and of the database itself. */
function neededTablespaces(entries: readonly TocEntry[]): string[] {
  const ofDatabase = entries.find(entry => entry.desc === 'DATABASE')?.defn ?? ''
  const [, written] = / TABLESPACE = ("(?:[^"]|"")*"|[^\s;]+)/.exec(ofDatabase) ?? []
  const own = written?.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"')
  return [...new Set([own, ...entries.map(({ tablespace }) => tablespace)])].filter(
    name => name !== undefined,
  )
}
