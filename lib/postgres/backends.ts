import { type Client, query } from './psql.ts'
import { literal } from './sql.ts'

/** Ends the backends that runs named `respaldo-<run>`, but for the asking one. Returns how many there were. */
export async function endBackends(
  client: Client,
  runs: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  if (runs.length === 0) return 0
  const names = runs.map(run => literal(`respaldo-${run}`)).join(', ')
  const ended = await query(
    { ...client, run: `${client.run}-end` },
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN (${names}) AND pid <> pg_backend_pid()`,
    { database: 'postgres', signal },
  )
  return ended.length
}
