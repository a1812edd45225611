import { endBackends } from '../backends.ts'
import { type Client, execute } from '../psql.ts'
import { literal } from '../sql.ts'
import { maintenance } from './server.ts'

/** How long backends are ended before a rename is given up; PostgreSQL itself waits five seconds for them. */
const patienceSeconds = 15

/**
 * Runs renames in one transaction from a third database, each statement ending in its semicolon, while a second session ends every backend
 * of the databases that are renamed, background workers too. Whoever connects meanwhile waits and then finds the new database; where the
 * role may not lock the list of databases, or others use it for long, RENAME's own lock turns them away as if there were no such database.
 *
 * The server gets the transaction as one message: it is done whole or not at all, whatever becomes of the client, and never waits for one
 * with its locks held.
 */
export async function renamed(
  client: Client,
  database: string,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const elsewhere = { database: maintenance(database), signal }
  const ending = { ...client, run: `${client.run}-ending` }
  const ended = execute(ending, endingScript(client.run), { database: elsewhere.database }).catch(() => {}) // it is ended below
  try {
    await execute(client, renamingScript(ending.run, statements), elsewhere)
  } catch (error) {
    // Also the renames themselves, which go on in the server when their client was told to stop.
    await endBackends(client, [client.run, ending.run])
    throw error
  } finally {
    await ended
  }
}

function renamingScript(ending: string, statements: readonly string[]): string {
  const transaction = ['BEGIN;', ...closeDoor, ...statements, 'COMMIT;']
  return [
    untilConnected(ending),
    ...transaction.slice(0, -1).map(statement => statement.replace(/;$/, '\\;')),
    ...transaction.slice(-1),
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${literal(`respaldo-${ending}`)};`,
  ].join('\n')
}

const untilConnected = (run: string): string => `DO $respaldo$
BEGIN
  FOR attempt IN 1..500 LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE application_name = ${literal(`respaldo-${run}`)});
    PERFORM pg_sleep(0.01);
  END LOOP;
END $respaldo$;`

/** Nobody can look up a database's name any more, in the whole server; so it must not take long, also when something is in the way. */
const closeDoor = [
  `SET LOCAL lock_timeout = '300ms';`,
  `DO $respaldo$
BEGIN
  LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE;
EXCEPTION WHEN lock_not_available OR insufficient_privilege THEN NULL;
END $respaldo$;`,
  `SET LOCAL lock_timeout = '5s';`,
]

/**
 * Ends backends only while the run's renames hold or await the lock of their database, so that it harms nobody when it outlives its run.
 * Those that are still connecting show only as holding or awaiting that lock too. It does without the list of databases, which is locked.
 */
function endingScript(run: string): string {
  const locks = `pg_locks WHERE locktype = 'object' AND classid = 1262` // of pg_database
  return `DO $respaldo$
DECLARE
  until timestamptz := clock_timestamp() + interval '${patienceSeconds} seconds';
  backend integer;
BEGIN
  WHILE clock_timestamp() < until LOOP
    PERFORM pg_stat_clear_snapshot();
    FOR backend IN
      WITH renaming AS (SELECT objid FROM ${locks} AND mode = 'AccessExclusiveLock'
        AND pid IN (SELECT pid FROM pg_stat_get_activity(NULL) WHERE application_name = ${literal(`respaldo-${run}`)}))
      SELECT pid FROM pg_stat_get_activity(NULL) WHERE datid IN (SELECT objid FROM renaming)
      UNION SELECT pid FROM ${locks} AND mode = 'RowExclusiveLock' AND objid IN (SELECT objid FROM renaming)
    LOOP
      BEGIN
        PERFORM pg_terminate_backend(backend);
      EXCEPTION WHEN insufficient_privilege THEN NULL; -- the others have to go all the same
      END;
    END LOOP;
    PERFORM pg_sleep(0.01);
  END LOOP;
END $respaldo$;`
}
