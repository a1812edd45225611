import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli, type Finished, startCli } from './cli.ts'

const engine = testEngine()

interface Failure {
  error: { code: string; message: string; hint?: string }
}

const outcome = (finished: Finished) => [finished.exitCode, finished.json<Failure>().error.code]

describe.skipIf(!engine).each(['15', '17'] as const)('bad input and bad luck on PostgreSQL %s', version => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    server = await startPostgres(engine!, { version, env: { POSTGRES_DB: 'pc_db' } })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql(`CREATE TABLE big AS SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 150000) n;
      CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2)`)
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const create = (...more: string[]) => cli(['create', '--container', server.name, '--json', ...more], env)
  const listed = async () =>
    (await cli(['list', '--json'], env)).json<{ backups: { id: string }[] }>().backups.map(one => one.id)
  const backends = () =>
    server.sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%'`)

  test('names that lead nowhere', async () => {
    expect(outcome(await cli(['create', '--container', 'nobody', '--json'], env))).toEqual([
      4,
      'source-not-found',
    ])
    expect(outcome(await create('--database', 'nothing'))).toEqual([4, 'source-not-found'])
    expect(outcome(await create('--name', '../up'))).toEqual([2, 'input-invalid'])
    expect(outcome(await create('--name', 'x'.repeat(300)))).toEqual([2, 'input-invalid'])
    expect(outcome(await create('--name', 'line\nbreak'))).toEqual([2, 'input-invalid'])
    expect(outcome(await cli(['list', '--json', '--dir', join(folder, 'absent')], env))).toEqual([
      10,
      'repository-not-found',
    ])
    expect(await cli(['create', '--nonsense'], env)).toMatchObject({ exitCode: 2 })
  })

  test('a folder that is not a repository, and one that cannot be written', async () => {
    const foreign = await mkdtemp(join(folder, 'foreign-'))
    await writeFile(join(foreign, 'holiday.jpg'), 'x')
    expect(outcome(await create('--dir', foreign))).toEqual([2, 'input-invalid'])
    expect(outcome(await create('--dir', join(foreign, 'holiday.jpg', 'backups')))).toEqual([
      7,
      'store-unavailable',
    ])
  })

  test('a role that the server does not know', async () => {
    const failed = await cli(['create', '--container', server.name, '--user', 'stranger', '--json'], env)
    expect(outcome(failed)).toEqual([5, 'source-unreachable'])
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s in the middle of a backup', async signal => {
    await expect(create()).resolves.toMatchObject({ exitCode: 0 })
    const before = await listed()
    await server.sql(`CREATE TABLE locked AS SELECT 1 AS a`)
    // The dump waits for this lock, so that it surely is in its middle.
    const locker = server.exec([
      'psql',
      '-U',
      'postgres',
      '-d',
      'pc_db',
      '-c',
      'BEGIN; LOCK TABLE locked; SELECT pg_sleep(600)',
    ])
    await until(
      async () =>
        (await server.sql(
          `SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'locked' AND l.mode = 'AccessExclusiveLock' AND l.granted`,
        )) === '1',
    )
    const running = startCli(['create', '--container', server.name, '--json'], env)
    await until(
      async () =>
        (await server.sql(
          `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%' AND wait_event_type = 'Lock'`,
        )) === '1',
    )
    running.kill(signal)
    const ended = await running.finished
    if (signal === 'SIGKILL') expect(ended.signal).toBe('SIGKILL')
    else {
      expect(outcome(ended)).toEqual([130, 'cancelled'])
      expect(await backends()).toBe('0')
    }
    expect(await listed()).toEqual(before)
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`,
    )
    await locker
    const next = await create()
    expect(next).toMatchObject({ exitCode: 0 })
    await until(async () => (await backends()) === '0')
    expect((await listed()).length).toBe(before.length + 1)
    await server.sql('DROP TABLE locked')
    expect(await server.logs()).not.toContain('terminating any other active server processes')
  })

  test('pg_dump whose backend dies is no backup', async () => {
    const before = await listed()
    await server.sql(`CREATE TABLE locked AS SELECT 1 AS a`)
    const locker = server.exec([
      'psql',
      '-U',
      'postgres',
      '-d',
      'pc_db',
      '-c',
      'BEGIN; LOCK TABLE locked; SELECT pg_sleep(600)',
    ])
    await until(
      async () =>
        (await server.sql(
          `SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'locked' AND l.mode = 'AccessExclusiveLock' AND l.granted`,
        )) === '1',
    )
    const running = create()
    await until(
      async () =>
        (await server.sql(
          `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%' AND wait_event_type = 'Lock'`,
        )) === '1',
    )
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'respaldo-%'`,
    )
    expect(outcome(await running)).toEqual([6, 'command-failed'])
    expect(await listed()).toEqual(before)
    await server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`,
    )
    await locker
    await server.sql('DROP TABLE locked')
  })

  test('damaged data never reaches the database', async () => {
    const { backup } = (await create('--name', 'damaged')).json<{
      backup: { id: string; source: { id: string } }
    }>()
    const file = join(env.BACKUP_DIR!, 'sources', backup.source.id, backup.id, 'database.dump.zst')
    const bytes = await readFile(file)
    for (const damaged of [bytes.subarray(0, bytes.length - 100), flipped(bytes), Buffer.alloc(0)]) {
      await writeFile(file, damaged)
      const failed = await cli(['restore', 'damaged', '--yes', '--json'], env)
      expect(outcome(failed)).toEqual([20, 'data-corrupt'])
      expect(await server.sql('SELECT count(*) FROM small')).toBe('2')
      expect(await server.sql(`SELECT count(*) FROM pg_database WHERE datname LIKE '%restoring%'`)).toBe('0')
    }
  })

  test('two creates of one source at once: one is refused and told who holds it, or waits', async () => {
    const results = await Promise.all([create(), create(), create('--wait')])
    const codes = results.map(({ exitCode }) => exitCode).sort()
    expect(codes.filter(code => code === 0).length).toBeGreaterThanOrEqual(2)
    for (const refused of results.filter(({ exitCode }) => exitCode !== 0)) {
      expect(outcome(refused)).toEqual([11, 'repository-locked'])
      expect(refused.json<Failure>().error.message).toMatch(/process \d+/)
    }
  })

  test('a stopped container says so', async () => {
    await server.stop()
    const failed = await create()
    expect(outcome(failed)).toEqual([5, 'source-unreachable'])
    expect(failed.json<Failure>().error.hint).toContain('docker start')
  })
})

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length >> 1]! ^= 0x10
  return copy
}

/** Waits for something that surely comes; the test's own time limit is the end. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 100))
}
