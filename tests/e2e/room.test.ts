import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../testbed/command.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli, type Finished } from './cli.ts'

const engine = testEngine()

const outcome = (finished: Finished) => [
  finished.exitCode,
  finished.json<{ error: { code: string } }>().error.code,
]
const listed = (finished: Finished) => finished.json<{ backups: { id: string; kind: string }[] }>().backups

describe.skipIf(!engine).each(['15', '17'] as const)('without room on PostgreSQL %s', version => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>
  const small = () => join(folder, 'small')

  beforeAll(async () => {
    server = await startPostgres(engine!, {
      version,
      env: { POSTGRES_DB: 'pc_db' },
      args: [
        '-c',
        'max_wal_size=32MB',
        '-c',
        'min_wal_size=32MB',
        '-c',
        'wal_level=minimal',
        '-c',
        'max_wal_senders=0',
      ],
      tmpfs: { '/var/lib/postgresql/data': 'size=200m' },
    })
    // 6 MB on disk that no compressor makes smaller.
    await server.sql(`CREATE TABLE noise AS
      SELECT n, decode(string_agg(md5(n::text || ',' || part), ''), 'hex') AS bytes
      FROM generate_series(1, 6000) AS n, generate_series(1, 64) AS part GROUP BY n`)
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await mkdir(small())
    await run(['mount', '-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', small()])
  })
  afterAll(async () => {
    await server?.remove()
    if (!folder) return
    await run(['umount', small()])
    await rm(folder, { recursive: true })
  })

  const create = (...more: string[]) => cli(['create', '--container', server.name, '--json', ...more], env)
  const rows = (database = 'pc_db') =>
    server.sql('SELECT count(*), sum(length(bytes)) FROM noise', { database })
  const whole = '6000|6144000'

  test('a backup that fills the disk of the repository is none, and hurts none', async () => {
    const before = await create('--dir', small(), '--schema-only')
    expect(before).toMatchObject({ exitCode: 0 })
    expect(outcome(await create('--dir', small()))).toEqual([7, 'space-insufficient'])
    const [backup, ...more] = listed(await cli(['list', '--dir', small(), '--json'], env))
    expect(more).toEqual([])
    expect(await readdir(join(small(), 'sources', `${server.name}.pc_db`))).toEqual([backup!.id])
    const restored = await cli(['restore', backup!.id, '--dir', small(), '--into', 'shape', '--json'], env)
    expect(restored).toMatchObject({ exitCode: 0 })
    await server.sql('DROP DATABASE shape')
  })

  test('a backup that cannot fit is not begun', async () => {
    await run(['mount', '-o', 'remount,size=1m', small()])
    const refused = await create('--dir', small())
    expect(outcome(refused)).toEqual([7, 'space-insufficient'])
    expect(refused.json<{ error: { hint: string } }>().error.hint).toContain('--dir')
  })

  test('a restore that has no room for two databases is refused, and dropping first does it', async () => {
    const { backup } = (await create()).json<{ backup: { id: string } }>()
    await server.sql(`COMMENT ON DATABASE pc_db IS 'before'; CREATE TABLE later (a int)`)
    await fill(server, 10)
    const refused = await cli(['restore', backup.id, '--yes', '--json'], env)
    expect(outcome(refused)).toEqual([7, 'space-insufficient'])
    expect(refused.stdout).toContain('--drop-first')
    expect(await rows()).toBe(whole)

    const done = await cli(['restore', backup.id, '--in-place', '--drop-first', '--yes', '--json'], env)
    expect(done, done.stdout).toMatchObject({ exitCode: 0 })
    expect(await rows()).toBe(whole)
    expect(await server.sql(`SELECT to_regclass('later') IS NULL`)).toBe('t')
    const { safety } = done.json<{ restored: { safety: string } }>().restored
    const safeties = listed(await cli(['list', '--kind', 'safety', '--json'], env))
    expect(safeties.map(({ id }) => id)).toEqual([safety.split('/')[1]])
    await server.exec(['rm', '/var/lib/postgresql/data/ballast'])

    // Of what was dropped, to the letter.
    expect(await cli(['restore', safety, '--into', 'old', '--json'], env)).toMatchObject({ exitCode: 0 })
    expect(await server.sql(`SELECT to_regclass('later') IS NULL`, { database: 'old' })).toBe('f')
    await server.sql('DROP DATABASE old')
    const latest = await cli(['restore', 'latest', '--dry-run', '--json'], env)
    expect(latest.json()).toMatchObject({ backup: expect.stringContaining(backup.id) })
  })

  test('a database that was dropped first comes back when the new one does not load', async () => {
    await server.sql(`CREATE TABLE a (x int); CREATE TABLE b AS SELECT 1 AS x;
      CREATE FUNCTION known(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN EXISTS (SELECT FROM public.b WHERE x = $1); END';
      INSERT INTO a VALUES (1); ALTER TABLE a ADD CHECK (known(x));
      COMMENT ON DATABASE pc_db IS 'the old one'; ALTER DATABASE pc_db SET work_mem = '5MB'; REVOKE CONNECT ON DATABASE pc_db FROM PUBLIC`)
    const { backup } = (await create()).json<{ backup: { id: string } }>()
    await server.sql('ALTER TABLE a DROP CONSTRAINT a_x_check; INSERT INTO a VALUES (2)')
    const failed = await cli(['restore', backup.id, '--in-place', '--drop-first', '--yes', '--json'], env)
    expect(outcome(failed), failed.stdout + failed.stderr).toEqual([6, 'command-failed'])
    expect(await rows()).toBe(whole)
    expect(
      await server.sql(`SELECT (SELECT count(*) FROM a), shobj_description(oid, 'pg_database'), setconfig, has_database_privilege('public', oid, 'CONNECT')
        FROM pg_database JOIN pg_db_role_setting ON setdatabase = oid WHERE datname = 'pc_db'`),
    ).toBe('2|the old one|{work_mem=5MB}|f')
    expect(await server.sql(`SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database`)).toBe(
      'pc_db postgres template0 template1',
    )
  })
})

/** Leaves so many megabytes on the disk of the server's data. */
async function fill(server: PostgresContainer, leaveMegabytes: number): Promise<void> {
  const script = `free=$(df -Pk . | awk 'NR == 2 { print $4 }'); head -c $(( (free - $1 * 1024) * 1024 )) /dev/zero > ballast`
  const data = '/var/lib/postgresql/data'
  const { exitCode, stderr } = await server.exec([
    'sh',
    '-c',
    `cd ${data} && ${script}`,
    'sh',
    `${leaveMegabytes}`,
  ])
  if (exitCode !== 0) throw new Error(stderr)
}
