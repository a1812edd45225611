import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientTools } from '../testbed/client-tools.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli } from './cli.ts'
import { restoreOnTrial } from './trial-world.ts'

const engine = testEngine()
const runner = fileURLToPath(new URL('trial-runner.ts', import.meta.url))

describe.skipIf(!engine)('a trial restore on a server that is reached directly', () => {
  let server: PostgresContainer
  let folder: string
  let trial: { env: Record<string, string>; source: string }
  const scratches = async () => {
    const found = await server.sql(
      "SELECT datname FROM pg_database WHERE datname LIKE 'respaldo%' ORDER BY 1",
    )
    return found.split('\n').filter(Boolean)
  }

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17', env: { POSTGRES_DB: 'shop' }, publish: true })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    const PATH = `${await clientTools(17)}:${process.env.PATH}`
    const env = { BACKUP_DIR: join(folder, 'backups'), PATH, POSTGRES_PASSWORD: server.password }
    await server.sql(`CREATE ROLE "owner of t"; CREATE TABLE t (a int PRIMARY KEY, b text); ALTER TABLE t OWNER TO "owner of t";
      INSERT INTO t SELECT n, repeat('x', n % 50) FROM generate_series(1, 3000) n; COMMENT ON DATABASE shop IS 'a shop'`)
    const url = `postgres://postgres@127.0.0.1:${server.port}/shop`
    const made = await cli(['create', '--url', url, '--json'], env)
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    trial = { env, source: made.json<{ backup: { source: { id: string } } }>().backup.source.id }
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  test('takes a database of its own there, which it drops', async () => {
    const { where, compared } = await restoreOnTrial(trial)
    expect(where).toMatch(/^the database respaldo_scratch_\w+ on the server 127\.0\.0\.1$/)
    expect(compared).toMatchObject({ tables: 1, rows: 3000, wording: true })
    expect(await scratches()).toEqual([])
    expect(
      await server.sql(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'shop'",
      ),
    ).toBe('a shop')
  })

  test('drops what a killed one left, and not what another one is doing', async () => {
    const started = async (until: string) => {
      const child = spawn(process.execPath, [runner, trial.source, JSON.stringify(trial.env)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      for await (const text of child.stdout.setEncoding('utf8')) if (text.includes(until)) break
      return child
    }
    const dead = await started('data')
    dead.kill('SIGKILL')
    await once(dead, 'exit')
    const [left, ...more] = await scratches()
    expect(left).toBeDefined()
    expect(more).toEqual([])
    const living = await started('data')
    living.kill('SIGSTOP')
    const both = await scratches()
    expect(both).not.toContain(left)
    expect(both).toHaveLength(1)
    await restoreOnTrial(trial)
    expect(await scratches()).toEqual(both)
    living.kill('SIGKILL')
    await once(living, 'exit')
    await restoreOnTrial(trial)
    expect(await scratches()).toEqual([])
  })

  test('on another server needs the roles there, and makes none that would stay', async () => {
    const other = await startPostgres(engine!, { version: '17', publish: true })
    try {
      const url = `postgres://postgres:${other.password}@127.0.0.1:${other.port}/postgres`
      const elsewhere = { ...trial, configuration: { scratch: { url } } }
      await expect(restoreOnTrial(elsewhere)).rejects.toMatchObject({
        code: 'restore-unsafe',
        message: expect.stringContaining('owner of t'),
      })
      await other.sql('CREATE ROLE "owner of t"')
      expect((await restoreOnTrial(elsewhere)).compared).toMatchObject({ rows: 3000 })
      expect(await other.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'respaldo%'")).toBe('0')
    } finally {
      await other.remove()
    }
  })
})
