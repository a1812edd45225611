import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { openRestoreDatabase, type RestoreDatabase, rolesSql } from './restore-database.ts'

const engine = testEngine()
const clients = 8

const changed = '200|20|0'
const saved = '200|300|2'
/** Prints the answer of a connection of its own, or one line of why there was none. */
const ask = `psql -X -At -U postgres -d "$0" -c 'SELECT (SELECT count(*) FROM clientes), (SELECT count(*) FROM pedidos),
  (SELECT count(*) FROM ultimos)' 2>&1 | tr '\\n' ' '; echo`
const client = ['bash', '-c', `until [ -e /tmp/enough ]; do ${ask}; done; ${ask}`]

describe.skipIf(!engine).each(['17', '15'] as const)(
  'clients that connect all the time on PostgreSQL %s',
  version => {
    let server: PostgresContainer
    let database: RestoreDatabase

    beforeAll(async () => {
      server = await startPostgres(engine!, { version })
      await server.sql(`${rolesSql}; CREATE ROLE other SUPERUSER LOGIN`)
      database = await openRestoreDatabase(server, 'pc_db', engine!.socketPath)
    })
    afterAll(async () => {
      await database?.remove()
      await server?.remove()
    })

    /** What clients were answered while a restore ran, each client's last answer after its end. */
    const answersDuring = async (...args: string[]) => {
      await server.exec(['rm', '-f', '/tmp/enough'])
      const asking = Array.from({ length: clients }, () => server.exec([...client, database.name]))
      const restored = await database.run('restore', 'saved', ...args, '--yes')
      await server.exec(['touch', '/tmp/enough'])
      const answers = (await Promise.all(asking)).map(({ stdout }) =>
        stdout
          .trim()
          .split('\n')
          .map(line => line.trim()),
      )
      expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
      expect(await database.content()).toBe(database.saved)
      for (const each of answers) {
        expect(each.at(-1)).toBe(saved)
        // Who has found the new one is left in peace.
        expect(new Set(each.slice(each.indexOf(saved)))).toEqual(new Set([saved]))
      }
      return answers.flat()
    }
    const undo = async () => {
      expect(await database.run('restore', '--undo', '--yes')).toMatchObject({ exitCode: 0 })
      await database.dropOthers()
    }

    test('find the old or the new one while the names are swapped, and never none', async () => {
      const answers = await answersDuring()
      expect(answers).toContain(changed)
      const others = answers.filter(answer => answer !== changed && answer !== saved)
      // Who was connected is sent away, and comes again.
      for (const answer of others) expect(answer).toContain('terminating connection')
      expect(answers.join('\n')).not.toContain('does not exist')
      await undo()
    })

    test('find the new one after it was made in place', async () => {
      const answers = await answersDuring('--in-place')
      expect(answers).toContain(changed)
      await undo()
    })

    test('do not hinder a restore by what they do: transactions, workers, superusers, a look at the new one', async () => {
      const parallel = `${version === '15' ? 'force_parallel_mode' : 'debug_parallel_query'} = on`
      const busy = [
        session(
          server,
          'pc_db',
          'postgres',
          'BEGIN; UPDATE clientes SET nombre = nombre; SELECT pg_sleep(600)',
        ),
        session(server, 'pc_db', 'other', 'SELECT pg_sleep(600)'),
        session(server, 'pc_db', 'postgres', `SET ${parallel}; SELECT pg_sleep(600)`),
        curious(server),
      ]
      const sleeping = `SELECT string_agg(DISTINCT backend_type, ',') FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = 'pc_db'`
      while ((await server.sql(sleeping)) !== 'client backend,parallel worker') await wait(50)
      const restored = await database.run('restore', 'saved', '--yes')
      expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
      expect(await database.content()).toBe(database.saved)
      for (const { stdout, stderr } of await Promise.all(busy))
        expect(stdout + stderr).toContain('terminating connection due to administrator command')
      await undo()
    })
  },
)

const session = (server: PostgresContainer, database: string, user: string, sql: string) =>
  server.exec(['psql', '-X', '-q', '-U', user, '-d', database, '-c', sql])

/** Connects to the database that is being restored, as a tool does that watches every database of a server. */
async function curious(server: PostgresContainer) {
  for (;;) {
    const found = await server.sql(`SELECT datname FROM pg_database WHERE datname LIKE '%restoring%'`)
    if (found) return session(server, found, 'postgres', 'SELECT pg_sleep(600)')
    await wait(20)
  }
}
