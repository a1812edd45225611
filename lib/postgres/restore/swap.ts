import { endBackends } from '../backends.ts'
import { type Client, execute } from '../psql.ts'
import { literal } from '../sql.ts'
import { maintenance } from './server.ts'

/** How long backends are ended before a rename is given up; PostgreSQL itself waits five seconds for them. */
const patienceSeconds = 15

/**
 * Runs renames in one transaction from a third database while a second session ends every backend of `database`, background workers too,
 * until it is committed: RENAME locks the database's name first, so whoever connects meanwhile waits and then finds the new one.
 */
export async function renamed(
  client: Client,
  database: string,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const elsewhere = { database: maintenance(database), signal }
  const ending = { ...client, run: `${client.run}-ending` }
  const ended = execute(ending, endingScript(database), { database: elsewhere.database }).catch(() => {}) // it is ended below
  try {
    await execute(client, ['BEGIN;', ...statements, 'COMMIT;'].join('\n'), elsewhere)
  } finally {
    await endBackends(client, [ending.run])
    await ended
  }
}

function endingScript(database: string): string {
  return `DO $respaldo$
DECLARE until timestamptz := clock_timestamp() + interval '${patienceSeconds} seconds';
BEGIN
  WHILE clock_timestamp() < until LOOP
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)};
    PERFORM pg_sleep(0.02);
  END LOOP;
END $respaldo$;`
}
