import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureImage } from '../testbed/images.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { runId, runLabel } from '../testbed/run-id.ts'
import { cli, type Finished, startCli } from './cli.ts'

const engine = testEngine()

const outcome = (finished: Finished) => [
  finished.exitCode,
  finished.json<{ error: { code: string } }>().error.code,
]
const hintOf = (finished: Finished) => finished.json<{ error: { hint?: string } }>().error.hint

describe.skipIf(!engine)('a server that is not as it should be', () => {
  let folder: string
  let env: Record<string, string>
  const opened: { remove(): Promise<unknown> }[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
  })
  afterAll(async () => {
    for (const one of opened) await one.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const start = async (version: '15' | '17'): Promise<PostgresContainer> => {
    const server = await startPostgres(engine!, { version, env: { POSTGRES_DB: 'pc_db' } })
    opened.push(server)
    return server
  }
  const create = (container: string) => cli(['create', '--container', container, '--json'], env)
  const listed = async () => (await cli(['list', '--json'], env)).json<{ backups: unknown[] }>().backups

  test('a container that runs and whose server does not accept connections yet', async () => {
    const container = await engine!.docker.createContainer({
      Image: await ensureImage(engine!, 'postgres:17'),
      Entrypoint: ['sleep', '600'],
      Labels: { [runLabel]: runId() },
    })
    opened.push({ remove: () => container.remove({ force: true, v: true }) })
    await container.start()
    const failed = await create(container.id)
    expect(outcome(failed)).toEqual([5, 'source-unreachable'])
    expect(hintOf(failed)).toBeTruthy()
  })

  test('client tools that are missing are named, before and at a restore', async () => {
    const server = await start('17')
    expect(await create(server.name)).toMatchObject({ exitCode: 0 })
    const hide = (tool: string) =>
      server.exec([
        'sh',
        '-c',
        `for one in $(command -v $0) /usr/lib/postgresql/*/bin/$0; do mv $one $one.hidden; done`,
        tool,
      ])
    await hide('pg_restore')
    const restored = await cli(['restore', 'latest', '--into', 'never', '--json'], env)
    expect(outcome(restored)).toEqual([6, 'command-failed'])
    expect(restored.stdout).toContain('pg_restore')
    expect(await server.sql(`SELECT count(*) FROM pg_database WHERE datname LIKE 'never%'`)).toBe('0')
    await hide('pg_dump')
    const failed = await create(server.name)
    expect(outcome(failed)).toEqual([6, 'command-failed'])
    expect(failed.stdout).toContain('pg_dump is missing')
    expect(hintOf(failed)).toContain('client tools')
  })

  test.each(['15', '17'] as const)(
    'a container that is stopped in the middle of a backup on %s',
    async version => {
      const server = await start(version)
      await server.sql('CREATE TABLE locked (a int)')
      const before = await listed()
      const lock = 'BEGIN; LOCK TABLE locked; SELECT pg_sleep(600)'
      const locker = server.exec(['psql', '-U', 'postgres', '-d', 'pc_db', '-c', lock])
      const running = startCli(['create', '--container', server.name, '--json'], env)
      const waiting = `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%' AND wait_event_type = 'Lock'`
      while ((await server.sql(waiting)) !== '1') await wait(100)
      await server.stop()
      const failed = await running.finished
      // Whichever is seen first: the sessions that end, or the container.
      expect([
        [6, 'command-failed'],
        [5, 'source-unreachable'],
      ]).toContainEqual(outcome(failed))
      expect(hintOf(failed)).toMatch(/look at its log|docker start/)
      await locker
      expect(await listed()).toEqual(before)
      await server.start()
      expect(await create(server.name)).toMatchObject({ exitCode: 0 })
    },
  )
})
