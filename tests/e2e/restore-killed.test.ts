import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EngineProxy, type ExecPhase, openEngineProxy } from '../testbed/engine-proxy.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { type Finished, startCli } from './cli.ts'
import { openRestoreDatabase, type RestoreDatabase, rolesSql, rows } from './restore-database.ts'

const engine = testEngine()
const long = { timeout: 900_000 }

describe.skipIf(!engine).each([
  { version: '17', every: 2 },
  { version: '15', every: 4 },
] as const)('the runner is killed at each exec on PostgreSQL $version', ({ version, every }) => {
  let server: PostgresContainer
  const opened: { remove(): Promise<void> }[] = []

  beforeAll(async () => {
    server = await startPostgres(engine!, { version })
    await server.sql(rolesSql)
  })
  afterAll(async () => {
    for (const { remove } of opened) await remove()
    await server?.remove()
  })

  const open = async (name: string) => {
    const proxy = await openEngineProxy(engine!.socketPath)
    opened.push({ remove: proxy.close })
    const database = await openRestoreDatabase(server, name, proxy.path)
    opened.push(database)
    return { database, proxy }
  }

  test.concurrent('of a restore by swap: the database is there and whole all the time', long, async () => {
    const { database, proxy } = await open('by_swap')
    const args = ['restore', 'saved', '--yes']
    await killedEverywhere(database, proxy, args, every, async at => {
      expect([database.saved, database.changed], at).toContain(await database.content())
    })
  })

  test.concurrent('of a restore in place: the next run gives the name back', long, async () => {
    const { database, proxy } = await open('in_place')
    await killedEverywhere(
      database,
      proxy,
      ['restore', 'saved', '--in-place', '--yes'],
      every,
      async () => {},
    )
  })

  test.concurrent('of a restore that drops first: the next run makes the old one anew', long, async () => {
    const { database, proxy } = await open('dropped')
    const args = ['restore', 'saved', '--in-place', '--drop-first', '--yes']
    let remade = 0
    // Some execs are between the drop and the end, however many come before: steps must not pass over all of them.
    for (let exec = 4; ; exec += 5) {
      const at = `killed at exec ${exec}`
      const ended = await runKilled(database, proxy, args, exec, 'given')
      const next = await database.run('create', '--name', `after-${exec}`)
      expect(next, at + next.stdout).toMatchObject({ exitCode: 0 })
      expect(await database.others(), at).toEqual([])
      if (next.stderr.includes('anew from the safety backup')) remade += 1
      // It was killed behind its last step, or not at all.
      if ((await database.content()) === database.saved) break
      expect(ended.signal, at).toBe('SIGKILL')
      expect(await database.content(), at).toBe(database.changed)
    }
    expect(remade).toBeGreaterThan(0)
  })

  test.concurrent('of an undo: the database is one of both all the time', long, async () => {
    const { database, proxy } = await open('undone')
    expect(await database.run('restore', 'saved', '--yes')).toMatchObject({ exitCode: 0 })
    const args = ['restore', '--undo', '--yes']
    for (const phase of ['asked', 'given'] as const) {
      for (let exec = 1; ; exec += every) {
        const before = await database.content()
        const ended = await runKilled(database, proxy, args, exec, phase)
        const now = await database.content()
        expect([database.saved, database.changed], `undo killed at exec ${exec}, ${phase}`).toContain(now)
        expect(await database.others()).toEqual([expect.stringMatching(/^kept undone_before_/)])
        if (ended.signal === 'SIGKILL') continue
        expect(ended).toMatchObject({ exitCode: 0 })
        expect(now).not.toBe(before)
        break
      }
    }
  })
})

describe.skipIf(!engine)('what a dead run left', () => {
  let server: PostgresContainer
  let proxy: EngineProxy
  let database: RestoreDatabase

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17' })
    await server.sql(rolesSql)
    proxy = await openEngineProxy(engine!.socketPath)
    database = await openRestoreDatabase(server, 'shop', proxy.path)
  })
  afterAll(async () => {
    await database?.remove()
    await proxy?.close()
    await server?.remove()
  })

  /** As a restore in place that was killed while it built the new one. */
  const dieInPlace = () =>
    runKilledWhen(database, proxy, ['restore', 'saved', '--in-place', '--yes'], async () =>
      (await database.others()).some(other => other.startsWith('replaced')),
    )

  test(
    'is cleared up although the runs that do so are killed at each of their execs, too',
    long,
    async () => {
      await dieInPlace()
      const state = await recorded(server)
      for (let exec = 1; ; exec += 1) {
        const ended = await runKilled(database, proxy, ['restore', '--undo', '--yes'], exec, 'given')
        if (ended.signal !== 'SIGKILL') break
        expect(await database.run('create'), `killed at exec ${exec}`).toMatchObject({ exitCode: 0 })
        expect(await database.content(), `killed at exec ${exec}`).toBe(database.changed)
        expect(await database.others(), `killed at exec ${exec}`).toEqual([])
        await server.sql(state)
      }
      expect(await database.content()).toBe(database.changed)
    },
  )

  test('is not cleared up at the cost of a database that took the name meanwhile', async () => {
    await dieInPlace()
    await server.sql('DROP DATABASE shop')
    await server.sql('CREATE DATABASE shop')
    await server.sql('CREATE TABLE other (a int)', { database: 'shop' })
    const next = await database.run('create', '--name', 'other')
    expect(next).toMatchObject({ exitCode: 0 })
    expect(next.stderr).toContain('another database is called shop')
    expect(await server.sql('SELECT count(*) FROM other', { database: 'shop' })).toBe('0')
    expect(await database.run('restore', '--undo', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await database.content()).toBe(database.changed)
    await database.dropOthers()
  })

  test('beside another database than its own is cleared up by the next run from there', async () => {
    await runKilledWhen(database, proxy, ['restore', 'saved', '--into', 'elsewhere'], async () =>
      (await server.sql('SELECT datname FROM pg_database')).includes('elsewhere_restoring_'),
    )
    expect(await database.run('create', '--name', 'later')).toMatchObject({ exitCode: 0 })
    expect(await server.sql('SELECT datname FROM pg_database')).not.toContain('elsewhere')
  })

  test('before it came to mark it is cleared up when it is empty', async () => {
    await server.sql('CREATE DATABASE shop_restoring_20250101t000000z')
    await server.sql('CREATE DATABASE shop_restoring_20250101t000001z')
    await server.sql('CREATE TABLE filled (a int)', { database: 'shop_restoring_20250101t000001z' })
    expect(await database.run('create', '--name', 'marked')).toMatchObject({ exitCode: 0 })
    const left = await server.sql(`SELECT datname FROM pg_database WHERE datname LIKE '%restoring%'`)
    expect(left).toBe('shop_restoring_20250101t000001z')
  })
})

/**
 * Kills a restore at its first exec, at its third, … until it is through: before the engine is asked for that exec, and then, from where it
 * changes anything, in those between, after it was asked. After each kill the next run has to leave everything as it was. With `every` 1
 * it is killed before and after each, which takes twice as long.
 */
async function killedEverywhere(
  database: RestoreDatabase,
  proxy: EngineProxy,
  args: readonly string[],
  every: number,
  afterKill: (at: string) => Promise<void>,
): Promise<void> {
  let first: number | undefined
  for (const phase of ['asked', 'given'] as const) {
    for (let exec = phase === 'asked' ? 1 : first! - (first! % 2); ; exec += every) {
      const at = `${args.join(' ')} killed at exec ${exec}, ${phase}`
      const ended = await runKilled(database, proxy, args, exec, phase)
      if (ended.signal === 'SIGKILL') await afterKill(at)
      else {
        expect(ended, at).toMatchObject({ exitCode: 0 })
        expect(await database.content(), at).toBe(database.saved)
      }
      if ((await database.others()).length > 0) {
        first ??= exec
        await takenBack(database, at)
      }
      expect(await database.content(), at).toBe(database.changed)
      if (ended.signal !== 'SIGKILL') break
    }
  }
}

/** The next run clears up; where the restore had come to its end, it swaps the old database back. */
async function takenBack(database: RestoreDatabase, at: string): Promise<void> {
  const next = await database.run('restore', '--undo', '--yes')
  if (next.exitCode === 0) {
    const [kept] = await database.others()
    expect(rows(await database.content(kept?.replace('kept ', ''))), at).toEqual(rows(database.saved))
    await database.dropOthers()
  } else expect(next.json(), at).toMatchObject({ error: { code: 'backup-not-found' } })
  expect(await database.others(), at).toEqual([])
}

/** Runs the command line and kills it at that phase of that exec, if it comes so far. */
const runKilled = (
  database: RestoreDatabase,
  proxy: EngineProxy,
  args: readonly string[],
  exec: number,
  phase: ExecPhase,
): Promise<Finished> =>
  runKilledWhen(database, proxy, args, async (now, what) => now === exec && what === phase)

async function runKilledWhen(
  { env, flags }: RestoreDatabase,
  proxy: EngineProxy,
  args: readonly string[],
  isMoment: (exec: number, phase: ExecPhase) => Promise<boolean>,
): Promise<Finished> {
  const running = startCli([...args, ...flags], env)
  proxy.watch(async (exec, phase) => {
    if (!(await isMoment(exec, phase))) return true
    running.kill('SIGKILL')
    await running.finished
    return false
  })
  const ended = await running.finished
  proxy.watch(undefined)
  return ended
}

/** Statements that bring the half-made state of `shop` about again, from the whole one. */
async function recorded(server: PostgresContainer): Promise<string> {
  const comments = `SELECT format('COMMENT ON DATABASE %I IS %L', datname, shobj_description(oid, 'pg_database'))
    FROM pg_database WHERE datname LIKE 'shop%'`
  const kept = await server.sql(`SELECT datname FROM pg_database WHERE datname LIKE 'shop_before%'`)
  return [
    `ALTER DATABASE shop RENAME TO ${kept}`,
    'CREATE DATABASE shop TEMPLATE template0',
    'REVOKE CONNECT ON DATABASE shop FROM PUBLIC',
    ...(await server.sql(comments)).split('\n'),
  ].join(';\n')
}
