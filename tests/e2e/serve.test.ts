import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '#lib/runs/record'
import { startServer } from '../contract/server-process.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'

const engine = testEngine()

describe.skipIf(!engine)('serve beside a real server', () => {
  let database: PostgresContainer
  let folder: string

  beforeAll(async () => {
    database = await startPostgres(engine!, { version: '17', env: { POSTGRES_DB: 'pc_db' } })
    await database.sql('CREATE TABLE t AS SELECT generate_series(1, 1000) AS n')
    folder = await mkdtemp(join(tmpdir(), 'respaldo-serve-'))
  })
  afterAll(async () => {
    await database?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const start = () =>
    startServer(
      { folder, directory: join(folder, 'backups') },
      {},
      { DOCKER_HOST: `unix://${engine!.socketPath}` },
    )
  const dumping = () =>
    database.sql(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%' AND wait_event_type = 'Lock'",
    )
  const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 30_000 })

  /** Until the lock is given back, pg_dump waits for it. */
  async function locked() {
    const session = database.sql("SET application_name = 'locker'; BEGIN; LOCK TABLE t; SELECT pg_sleep(600)")
    session.catch(() => {}) // it is ended below
    await eventually(() =>
      database.sql(
        "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock' AND granted",
      ),
    ).toBe('1')
    const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'locker'"
    return { [Symbol.asyncDispose]: async () => void (await database.sql(end)) }
  }

  test('the first backup makes the repository, and its run says what it made', async () => {
    await using server = await start()
    const answer = await server.post('/api/create', { container: database.name })
    const { backup } = (await answer.json()) as { backup: { sizes: { stored: number } } }
    const run = await server.run(answer.headers.get('x-respaldo-run')!)
    expect(run).toMatchObject({ state: 'succeeded', records: 1000, size: backup.sizes.stored })
  })

  test('a cancelled run ends the command beside the database, and that server stays up', async () => {
    await using server = await start()
    await using _lock = await locked()
    const { id } = await server.begin('create', { container: database.name })
    await eventually(dumping).toBe('1')
    const since = await database.sql('SELECT pg_postmaster_start_time()')
    expect((await server.call(`/api/runs/${id}/cancel`, { method: 'DELETE' })).status).toBe(202)
    await eventually(dumping).toBe('0')
    await eventually(() => server.run(id)).toMatchObject({ state: 'cancelled', source: expect.any(String) })
    expect(await database.sql('SELECT pg_postmaster_start_time()')).toBe(since)
  })

  test('a second run on a busy source waits for the first', async () => {
    await using server = await start()
    let ids: string[]
    {
      await using _lock = await locked()
      const runs: RunRecord[] = []
      for (let n = 0; n < 2; n++) runs.push(await server.begin('create', { container: database.name }))
      ids = runs.map(({ id }) => id)
      await eventually(dumping).toBe('1')
    }
    for (const id of ids) await eventually(() => server.run(id)).toMatchObject({ state: 'succeeded' })
    const [first, second] = await Promise.all(ids.map(id => server.run(id)))
    expect(second!.finished! > first!.finished!).toBe(true)
  })
})
