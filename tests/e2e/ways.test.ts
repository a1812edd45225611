import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientTools } from '../testbed/client-tools.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli, type Finished } from './cli.ts'

const engine = testEngine()

const outcome = (finished: Finished) => [
  finished.exitCode,
  finished.json<{ error: { code: string } }>().error.code,
]

describe.skipIf(!engine)('other ways in and out', () => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>
  let direct: Record<string, string>

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17', env: { POSTGRES_DB: 'pc_db' }, publish: true })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    direct = { ...env, PATH: `${await clientTools(17)}:${process.env.PATH}`, PGPASSWORD: server.password }
    await server.sql(`CREATE TABLE t (a int PRIMARY KEY, b text);
      INSERT INTO t SELECT n, repeat('x', n % 50) FROM generate_series(1, 3000) n`)
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const rows = (database = 'pc_db') => server.sql('SELECT count(*) FROM t', { database })
  const backUp = async (...more: string[]) => {
    const made = await cli(['create', '--container', server.name, '--json', ...more], env)
    expect(made).toMatchObject({ exitCode: 0 })
    return made.json<{
      backup: { id: string; scope: object; source: { id: string }; totals: { rows?: number } }
    }>().backup
  }

  test('the stored file restores with stock tools alone', async () => {
    const { id, source } = await backUp()
    const stored = await readFile(join(env.BACKUP_DIR!, 'sources', source.id, id, 'database.dump.zst'))
    await server.sql('CREATE DATABASE stock TEMPLATE template0')
    const done = await server.exec(
      ['sh', '-c', 'zstd -d | pg_restore -U postgres --exit-on-error -d stock'],
      { stdin: stored },
    )
    expect(done).toMatchObject({ exitCode: 0 })
    expect(await rows('stock')).toBe('3000')
  })

  test('plain SQL is backed up, counted and swapped in', async () => {
    const { id, totals } = await backUp('--format', 'plain')
    expect(totals.rows).toBe(3000)
    await server.sql(
      `DELETE FROM t WHERE a > 5; COMMENT ON DATABASE pc_db IS 'it''s ours'; ALTER DATABASE pc_db SET work_mem = '7MB'; REVOKE TEMPORARY ON DATABASE pc_db FROM PUBLIC`,
    )
    expect(await cli(['restore', id, '--yes', '--json'], env)).toMatchObject({ exitCode: 0 })
    expect(await rows()).toBe('3000')
    // What SQL text does not say of a database stays as it was.
    const kept = `SELECT shobj_description(oid, 'pg_database'), setconfig, has_database_privilege('public', oid, 'TEMPORARY')
      FROM pg_database JOIN pg_db_role_setting ON setdatabase = oid WHERE datname = 'pc_db'`
    expect(await server.sql(kept)).toBe(`it's ours|{work_mem=7MB}|f`)
  })

  test('a part of a database is a scope of its own and replaces nothing', async () => {
    const { id } = await backUp('--schema-only', '--name', 'part')
    expect(outcome(await cli(['restore', id, '--yes', '--json'], env))).toEqual([8, 'restore-unsafe'])
    expect(await cli(['restore', id, '--into', 'shape', '--json'], env)).toMatchObject({ exitCode: 0 })
    expect(await rows('shape')).toBe('0')
    const { backups } = (await cli(['list', '--name', 'part', '--json'], env)).json<{
      backups: { scope: string }[]
    }>()
    expect(backups.map(({ scope }) => scope)).toEqual(['schema only'])
  })

  test('a server reached directly is backed up and restored, and its password stands nowhere', async () => {
    const url = `postgresql://postgres@${server.host}:${server.port}/pc_db`
    const made = await cli(['create', '--url', url, '--json'], direct)
    expect(made.stdout + made.stderr).not.toContain(server.password)
    expect(made).toMatchObject({ exitCode: 0 })
    const { id, source } = made.json<{ backup: { id: string; source: { id: string } } }>().backup
    const restored = await cli(
      ['restore', `${source.id}/${id}`, '--into', 'far', '--user', 'postgres', '--json'],
      direct,
    )
    expect(restored).toMatchObject({ exitCode: 0 })
    expect(await rows('far')).toBe('3000')
    const wrong = await cli(['create', '--url', url, '--json'], { ...direct, PGPASSWORD: 'wr0ng-pw' })
    expect(outcome(wrong)).toEqual([5, 'source-unreachable'])
    expect(wrong.stdout + wrong.stderr).not.toContain('wr0ng-pw')
  })

  test('a client older than the server is a version-mismatch', async () => {
    const older = { ...direct, PATH: `${await clientTools(15)}:${process.env.PATH}` }
    const url = `postgresql://postgres@${server.host}:${server.port}/pc_db`
    expect(outcome(await cli(['create', '--url', url, '--json'], older))).toEqual([6, 'version-mismatch'])
  })

  test('foreign files are checked first and restored beside', async () => {
    const dump = (await server.exec(['pg_dump', '-U', 'postgres', '-Fc', 'pc_db'])).stdoutBytes
    const sql = Buffer.from(
      (await server.exec(['pg_dump', '-U', 'postgres', '--clean', '--create', '--if-exists', 'pc_db']))
        .stdoutBytes,
    )
    const files: Record<string, Buffer> = {
      'a.dump': Buffer.from(dump),
      'b.sql': sql,
      'c.sql.gz': gzipSync(sql),
      'd.dump.zst': zstdCompressSync(dump),
    }
    for (const [name, bytes] of Object.entries(files)) {
      const file = join(folder, name)
      const into = name.replaceAll('.', '_')
      await writeFile(file, bytes)
      const restored = await cli(
        ['restore', '--file', file, '--container', server.name, '--into', into, '--json'],
        env,
      )
      expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
      expect(await rows(into)).toBe('3000')
      await writeFile(file, bytes.subarray(0, bytes.length >> 1))
      const cut = await cli(
        ['restore', '--file', file, '--container', server.name, '--into', `${into}_cut`, '--json'],
        env,
      )
      expect(outcome(cut), name).toEqual([20, 'data-corrupt'])
    }
    expect(await rows()).toBe('3000')
    await writeFile(join(folder, 'empty.sql'), '')
    await writeFile(join(folder, 'photo.dump'), Buffer.from([0xff, 0xd8, 0xff, 0, 1, 2]))
    for (const name of ['empty.sql', 'photo.dump'])
      expect(
        outcome(
          await cli(
            ['restore', '--file', join(folder, name), '--container', server.name, '--into', 'nope', '--json'],
            env,
          ),
        ),
      ).toEqual([20, 'data-corrupt'])
    expect(
      outcome(
        await cli(
          [
            'restore',
            '--file',
            join(folder, 'absent.sql'),
            '--container',
            server.name,
            '--into',
            'nope',
            '--json',
          ],
          env,
        ),
      ),
    ).toEqual([4, 'backup-not-found'])
  })

  test('roles that the server lacks are named, and made when asked for', async () => {
    await server.sql(
      `CREATE ROLE vendedor NOINHERIT CONNECTION LIMIT 3; CREATE DATABASE tienda OWNER vendedor`,
    )
    await server.sql('CREATE TABLE v (a int); ALTER TABLE v OWNER TO vendedor', { database: 'tienda' })
    const { id, source } = await backUp('--database', 'tienda')
    await server.sql('DROP DATABASE tienda')
    await server.sql('DROP ROLE vendedor')
    const refused = await cli(['restore', `${source.id}/${id}`, '--into', 'tienda', '--json'], env)
    expect(outcome(refused)).toEqual([8, 'restore-unsafe'])
    expect(refused.stdout).toContain('vendedor')
    const made = await cli(
      ['restore', `${source.id}/${id}`, '--into', 'tienda', '--create-roles', '--json'],
      env,
    )
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    expect(await server.sql(`SELECT rolconnlimit, rolinherit FROM pg_roles WHERE rolname = 'vendedor'`)).toBe(
      '3|f',
    )
  })

  test('works without superuser where rights allow, and names each one that is missing', async () => {
    await server.sql(
      `CREATE ROLE duena LOGIN CREATEDB PASSWORD 'duena'; CREATE ROLE pobre LOGIN PASSWORD 'pobre'`,
    )
    await server.sql('CREATE DATABASE suya OWNER duena')
    await server.sql('CREATE TABLE t (a int); INSERT INTO t VALUES (1)', { database: 'suya', user: 'duena' })
    const { id, source } = await backUp('--database', 'suya', '--user', 'duena')
    const named = `${source.id}/${id}`
    const poor = await cli(['restore', named, '--user', 'pobre', '--yes', '--json'], env)
    expect(outcome(poor)).toEqual([8, 'restore-unsafe'])
    for (const right of ['CREATEDB', 'ownership of suya', 'SET ROLE to duena'])
      expect(poor.stdout).toContain(right)
    const restored = await cli(['restore', named, '--user', 'duena', '--yes', '--json'], env)
    expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
    expect(await rows('suya')).toBe('1')
  })
})
