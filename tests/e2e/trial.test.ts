import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareDigests } from '#lib/postgres/digest/compare'
import { digestDump } from '#lib/postgres/digest/digest'
import { everythingSql } from '../fixtures/everything.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli } from './cli.ts'
import { restoreOnTrial, servicesOf } from './trial-world.ts'

const engine = testEngine()

/** A server with a repository of its own. */
async function openWorld(version: '15' | '17' | '17-bare', args: string[] = []) {
  const server = await startPostgres(engine!, { version, args })
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
  const env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
  return {
    server,
    env,
    sourceOf: (database: string) => `${server.name}.${database}`,
    async backUp(database: string, ...more: string[]) {
      const flags = ['--container', server.name, '--database', database, '--json']
      const made = await cli(['create', ...flags, ...more], env)
      expect(made, made.stdout).toMatchObject({ exitCode: 0 })
      return made.json<{ backup: { totals: { tables: number; rows: number } } }>().backup
    },
    async close() {
      await server.remove()
      await rm(folder, { recursive: true })
    },
  }
}

/** Names of the scratch containers that a process left. */
async function scratches(pid = process.pid) {
  const filters = { label: ['respaldo.scratch', `respaldo.scratch.pid=${pid}`] }
  const listed = await engine!.docker.listContainers({ all: true, filters })
  return listed.map(({ Names }) => Names[0])
}

describe.skipIf(!engine).each([15, 17] as const)('one of everything on PostgreSQL %d', major => {
  let world: Awaited<ReturnType<typeof openWorld>>

  beforeAll(async () => {
    const preload = [
      '-c',
      'shared_preload_libraries=pg_stat_statements',
      '-c',
      'max_locks_per_transaction=128',
    ]
    world = await openWorld(`${major}`, preload)
    await world.server.sql('CREATE DATABASE everything TEMPLATE template0')
    const sql = `${everythingSql(major)}; CREATE EXTENSION pg_stat_statements`
    await world.server.sql(sql, { database: 'everything' })
  })
  afterAll(() => world?.close())

  test('comes back on trial without a difference, and nothing stays behind', async () => {
    const { totals } = await world.backUp('everything')
    const { where, compared, seconds } = await restoreOnTrial({
      env: world.env,
      source: world.sourceOf('everything'),
    })
    expect(where).toContain(`postgres:${major}`)
    expect(compared).toMatchObject({
      tables: totals.tables,
      rows: totals.rows,
      largeObjects: 5,
      wording: true,
    })
    expect(compared.definitions).toBeGreaterThan(350)
    const steps = ['read', 'scratch', 'roles', 'create', 'rename', 'schema', 'data', 'indexes']
    expect(Object.keys(seconds)).toEqual([...steps, 'compare', 'dumps', 'checks'])
    expect(await scratches()).toEqual([])
  })

  test('comes back in part when only a part was backed up', async () => {
    const parts = ['--table', 'fx.counted', '--table', 'public.usuarios']
    await world.backUp('everything', '--name', 'tables', ...parts)
    const trial = { env: world.env, source: world.sourceOf('everything'), backup: 'tables' }
    expect((await restoreOnTrial(trial)).compared).toMatchObject({ tables: 2, rows: 502 })
  })
})

describe.skipIf(!engine)('a trial restore where there is little', () => {
  let world: Awaited<ReturnType<typeof openWorld>>

  beforeAll(async () => {
    world = await openWorld('17-bare')
    await world.server.sql(
      'CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE ROLE app LOGIN; CREATE ROLE reader',
    )
    await world.server.sql('CREATE DATABASE app OWNER app')
    await world.server.sql(
      'SET ROLE app; CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2); GRANT SELECT ON t TO reader',
      { database: 'app' },
    )
  })
  afterAll(() => world?.close())

  test("brings the server's own database back, in an image without bash and zstd", async () => {
    await world.backUp('postgres')
    const trial = { env: world.env, source: world.sourceOf('postgres') }
    expect((await restoreOnTrial(trial)).compared).toMatchObject({ tables: 1, rows: 1 })
  })

  test('brings SQL text back, with all roles of its globals', async () => {
    await world.backUp('app', '--format', 'plain', '--name', 'plain')
    const trial = { env: world.env, source: world.sourceOf('app'), backup: 'plain' }
    const { compared } = await restoreOnTrial(trial)
    expect(compared).toMatchObject({ tables: 1, rows: 2, wording: true })
    expect(compared.definitions).toBeGreaterThan(1)
  })

  test('makes roles by their names alone when the globals could not be backed up', async () => {
    await world.backUp('app', '--user', 'app')
    const trial = { env: world.env, source: world.sourceOf('app') }
    expect((await restoreOnTrial(trial)).compared).toMatchObject({ tables: 1, rows: 2 })
  })
})

describe.skipIf(!engine)('a trial restore', () => {
  let world: Awaited<ReturnType<typeof openWorld>>
  let small: { env: Record<string, string>; source: string }

  beforeAll(async () => {
    world = await openWorld('17')
    small = { env: world.env, source: world.sourceOf('small') }
    await world.server.sql(
      `SET allow_in_place_tablespaces = on; CREATE TABLESPACE "far away" LOCATION ''; CREATE TABLESPACE near LOCATION ''`,
    )
    await world.server.sql('CREATE DATABASE small TEMPLATE template0 TABLESPACE near')
    await world.server.sql(
      `CREATE TABLE t (id serial PRIMARY KEY, name text); INSERT INTO t (name) SELECT 'row ' || n FROM generate_series(1, 500) n;
       CREATE TABLE apart (id int) TABLESPACE "far away"; CREATE VIEW v AS SELECT id FROM t; SELECT lo_from_bytea(4242, 'content')`,
      { database: 'small' },
    )
    await world.server.sql('CREATE DATABASE changed TEMPLATE small')
    await world.backUp('small')
  })
  afterAll(() => world?.close())

  test('asks the checks of the configuration that are about its source', async () => {
    const check = (sql: string, expect?: number | string) => ({
      sql,
      source: small.source,
      ...(expect ? { expect } : {}),
    })
    const good = [check('SELECT count(*) = 500 FROM t;'), check('SELECT max(name) FROM t', 'row 99')]
    const other = { sql: 'SELECT nonsense', source: 'another' }
    const { compared } = await restoreOnTrial({ ...small, configuration: { checks: [...good, other] } })
    expect(compared.checks).toBe(2)
    const checks = [...good, check('SELECT count(*) FROM t', 7)]
    await expect(restoreOnTrial({ ...small, configuration: { checks } })).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringContaining('gives 500 instead of 7'),
    })
    expect(await scratches()).toEqual([])
  })

  test('would name a row, a definition, a position, a privilege and a large object that differ', async () => {
    await world.server.sql(
      `UPDATE t SET name = 'other' WHERE id = 7; CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE id > 0;
       SELECT setval('t_id_seq', 77); SELECT lo_put(4242, 0, 'K'); GRANT SELECT ON t TO PUBLIC; COMMENT ON DATABASE changed IS 'x'`,
      { database: 'changed' },
    )
    const digest = async (database: string) => {
      const located = await servicesOf(small).locate({ container: world.server.name, database })
      return digestDump(located.database.dump({ scope: {}, format: 'custom', run: 'test' }), 'custom')
    }
    const found = compareDigests(await digest('small'), await digest('changed'), { subscriptions: true })
    expect(found).toEqual([
      { object: 'public.t', what: 'its 500 rows are not the same ones' },
      { object: 'VIEW v in public', what: 'is defined in another way' },
      { object: 'SEQUENCE SET t_id_seq in public', what: 'the sequence stands at another position' },
      { object: 'ACL TABLE t in public', what: 'is not in the backup' },
      { object: 'large object 4242', what: 'has other content' },
    ])
  })

  test('says why a scratch server does not start, and removes it', async () => {
    const settings = { shared_preload_libraries: 'no_such_library' }
    await expect(restoreOnTrial({ ...small, settings })).rejects.toMatchObject({
      code: 'environment-unavailable',
      message: expect.stringContaining('no_such_library'),
    })
    expect(await scratches()).toEqual([])
  })

  test('that is aborted in the middle removes its server', async () => {
    const stop = new AbortController()
    const seen: unknown[][] = []
    const trial = restoreOnTrial({
      ...small,
      signal: stop.signal,
      report: event => {
        if (event.type !== 'step' || event.step !== 'data') return
        void scratches().then(names => {
          seen.push(names)
          stop.abort()
        })
      },
    })
    await expect(trial).rejects.toMatchObject({ code: 'cancelled' })
    expect(seen).toHaveLength(1)
    expect(seen[0]).toHaveLength(1)
    expect(await scratches()).toEqual([])
  })

  test('whose process was killed is cleared up by the next one', async () => {
    const runner = fileURLToPath(new URL('trial-runner.ts', import.meta.url))
    const child = spawn(process.execPath, [runner, small.source, JSON.stringify(small.env)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let steps = ''
    for await (const text of child.stdout.setEncoding('utf8')) {
      steps += text
      if (steps.includes('data')) break
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await scratches(child.pid)).toHaveLength(1)
    await restoreOnTrial(small)
    expect(await scratches(child.pid)).toEqual([])
  })
})
