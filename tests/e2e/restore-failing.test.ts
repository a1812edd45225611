import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { type Finished, startCli } from './cli.ts'
import { openRestoreDatabase, type RestoreDatabase, rolesSql } from './restore-database.ts'

const engine = testEngine()
const modes = [
  { how: 'by swap', flag: [] },
  { how: 'in place', flag: ['--in-place'] },
]

/** Rows that are valid only with those of a table that pg_restore loads later, which pg_dump cannot know. */
const unloadable = `CREATE TABLE zonas (id int PRIMARY KEY); INSERT INTO zonas VALUES (1);
  CREATE FUNCTION hay_zona(int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.zonas WHERE id = $1)';
  CREATE TABLE barrios (zona int CHECK (hay_zona(zona))); INSERT INTO barrios VALUES (1);`

/** Rows whose loading comes to a halt in the middle. */
const slow = `CREATE FUNCTION lenta(n int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF n = 50 AND current_setting('application_name') LIKE 'respaldo-%' THEN PERFORM pg_sleep(600); END IF;
    RETURN true; END $$;
  CREATE TABLE lentas (n int CHECK (lenta(n))); INSERT INTO lentas SELECT generate_series(1, 100);`

describe.skipIf(!engine).each(['17', '15'] as const)(
  'a backup that does not load on PostgreSQL %s',
  version => {
    let server: PostgresContainer
    let database: RestoreDatabase

    beforeAll(async () => {
      server = await startPostgres(engine!, { version })
      await server.sql(rolesSql)
      database = await openRestoreDatabase(server, 'pc_db', engine!.socketPath)
      for (const [name, more] of Object.entries({ slow, unloadable })) {
        await server.sql(more, { database: 'pc_db' })
        expect(await database.run('create', '--name', name)).toMatchObject({ exitCode: 0 })
      }
    })
    afterAll(async () => {
      await database?.remove()
      await server?.remove()
    })

    const expectNothingHappened = async () => {
      expect(await database.content()).toBe(database.changed)
      expect(await server.sql('SELECT count(*) FROM barrios', { database: 'pc_db' })).toBe('1')
      expect(await server.sql(`SELECT datname FROM pg_database WHERE datname LIKE 'pc_db_%'`)).toBe('')
      expect(
        await server.sql(`SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%'`),
      ).toBe('')
    }

    /** The run, when its loading has come to a halt. */
    const halted = async (flag: readonly string[]) => {
      const { env, flags } = database
      const running = startCli(['restore', 'slow', ...flag, '--yes', ...flags], env)
      const loading = `SELECT pid FROM pg_stat_activity
        WHERE application_name LIKE 'respaldo-%' AND query LIKE 'COPY%' AND wait_event = 'PgSleep'`
      let ended: Finished | undefined
      void running.finished.then(finished => {
        ended = finished
      })
      while ((await server.sql(loading)) === '' && !ended) await wait(50)
      expect(ended).toBeUndefined()
      return { running, end: () => server.sql(loading.replace('pid', 'pg_terminate_backend(pid)')) }
    }

    test.each(modes)('because its rows are not valid yet $how', async ({ flag }) => {
      const failed = await database.run('restore', 'unloadable', ...flag, '--yes')
      expect(failed).toMatchObject({ exitCode: 6 })
      expect(failed.json()).toMatchObject({
        error: { code: 'command-failed', message: expect.stringContaining('barrios') },
      })
      await expectNothingHappened()
    })

    test.each(modes)('because its backend is ended in the middle $how', async ({ flag }) => {
      const { running, end } = await halted(flag)
      expect(await end()).toBe('t')
      const failed = await running.finished
      expect(failed).toMatchObject({ exitCode: 6 })
      expect(failed.json()).toMatchObject({ error: { code: 'command-failed' } })
      await expectNothingHappened()
    })

    test.each(modes)('because the run is cancelled in the middle $how', async ({ flag }) => {
      const { running } = await halted(flag)
      running.kill('SIGINT')
      const failed = await running.finished
      expect(failed).toMatchObject({ exitCode: 130 })
      expect(failed.json()).toMatchObject({ error: { code: 'cancelled' } })
      await expectNothingHappened()
    })
  },
)
