import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseBackup, decodeManifest, encodeManifest } from '#lib/repository/manifest'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli, type Finished } from './cli.ts'

const engine = testEngine()

interface Backup {
  id: string
  type: string
  reason: string
  chain: string
  parent?: string
  source: { id: string }
  sizes: { raw: number; stored: number; new: number }
}

describe.skipIf(!engine).each(['17', '15'] as const)('chains on PostgreSQL %s', version => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    server = await startPostgres(engine!, { version, env: { POSTGRES_DB: 'pc_db' } })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    // A vacuum gives room back all over the table, and new rows then go everywhere.
    await server.sql(`CREATE TABLE t WITH (autovacuum_enabled = off) AS SELECT n AS id, md5(n::text) || repeat(md5((n * 7)::text), n % 5) AS text
      FROM generate_series(1, 120000) n; ALTER TABLE t ADD PRIMARY KEY (id)`)
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const create = async (...more: string[]): Promise<Backup & { warnings: string }> => {
    const made = await cli(['create', '--container', server.name, '--json', ...more], env)
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    return { ...made.json<{ backup: Backup }>().backup, warnings: made.stderr }
  }
  const content = (database = 'pc_db') =>
    server.sql('SELECT count(*), sum(id), md5(string_agg(text, chr(10) ORDER BY id)) FROM t', { database })
  const restored = async (id: string): Promise<string> => {
    const done = await cli(['restore', id, '--into', 'restored', '--json'], env)
    expect(done, done.stdout).toMatchObject({ exitCode: 0 })
    const found = await content('restored')
    await server.sql('DROP DATABASE restored')
    return found
  }
  const outcome = (finished: Finished) => [
    finished.exitCode,
    finished.json<{ error: { code: string } }>().error.code,
  ]
  const folderOf = ({ id, source }: Backup) => join(env.BACKUP_DIR!, 'sources', source.id, id)

  /** As README.txt says it, word for word, but for pg_restore in the container. */
  const withStockTools = async ({ source, id }: Backup) => {
    const repository = env.BACKUP_DIR!
    const [, script = ''] = (await readFile(join(repository, 'README.txt'), 'utf8')).split('\nrestore.py:\n')
    await writeFile(join(folder, 'restore.py'), script.replaceAll(/^ {4}/gm, ''))
    const argv = [join(folder, 'restore.py'), `sources/${source.id}/${id}`]
    const { stdout } = await promisify(execFile)('python3', argv, {
      cwd: repository,
      encoding: 'buffer',
      maxBuffer: 1e9,
    })
    await server.sql('CREATE DATABASE stock TEMPLATE template0')
    const load = ['pg_restore', '-U', 'postgres', '--no-owner', '--exit-on-error', '-d', 'stock']
    expect(await server.exec(load, { stdin: stdout })).toMatchObject({ exitCode: 0 })
  }

  test('store only what changed, and every backup restores by itself', async () => {
    const full = await create()
    expect(full).toMatchObject({ type: 'full', reason: 'there is no full of this source and scope yet' })
    const states = [{ backup: full, is: await content() }]
    for (const change of [
      'SELECT 1',
      `UPDATE t SET text = text || 'x' WHERE id BETWEEN 5000 AND 5100`,
      `UPDATE t SET text = reverse(text) WHERE id % 10000 = 7`,
      `INSERT INTO t SELECT n, md5(n::text) FROM generate_series(120001, 122000) n; DELETE FROM t WHERE id < 100`,
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1',
    ]) {
      await server.sql(change)
      const backup = await create()
      const parent = states.at(-1)!.backup.id
      expect(backup).toMatchObject({ type: 'incremental', chain: full.id, parent })
      states.push({ backup, is: await content() })
    }
    const [, same, ...changed] = states.map(({ backup }) => backup.sizes)
    expect(same!.new).toBeLessThan(64 * 1024)
    for (const { stored } of changed) expect(stored).toBeLessThan(full.sizes.stored / 3)
    expect(new Set(states.map(({ is }) => is)).size).toBe(4)
    for (const { backup, is } of states) expect(await restored(backup.id), backup.id).toBe(is)

    await withStockTools(states[3]!.backup)
    expect(await content('stock')).toBe(states[3]!.is)

    const next = await create()
    expect(next).toMatchObject({ type: 'full', reason: 'the chain has 5 incrementals already' })
    const back = await cli(['restore', states[2]!.backup.id, '--yes', '--json'], env)
    expect(back, back.stdout).toMatchObject({ exitCode: 0 })
    expect(await content()).toBe(states[2]!.is)
  })

  test('go by what is asked for, and by scope, format and configured limits', async () => {
    const dir = ['--dir', join(folder, 'others')]
    const asked = await create(...dir, '--backup-type', 'incremental')
    expect(asked).toMatchObject({ type: 'full', warnings: expect.stringContaining('It becomes a full') })
    expect(await create(...dir)).toMatchObject({ type: 'incremental' })
    expect(await create(...dir, '--schema-only')).toMatchObject({ type: 'full' })
    expect(await create(...dir, '--format', 'plain')).toMatchObject({
      type: 'full',
      reason: 'the chain has the format custom',
    })
    expect(await create(...dir, '--format', 'plain')).toMatchObject({ type: 'incremental' })
    expect(await create(...dir, '--force-full')).toMatchObject({
      type: 'full',
      reason: 'a full was asked for',
    })
    const config = join(folder, 'respaldo.yaml')
    await writeFile(config, 'strategy: { incrementals: 0 }\n')
    expect(await create(...dir, '--config', config)).toMatchObject({ type: 'full' })
    expect(await create(...dir, '--config', config, '--backup-type', 'incremental')).toMatchObject({
      type: 'incremental',
      warnings: expect.stringContaining('A full is due'),
    })
  })

  test('of another server are not built on, and a warning says so, whatever was asked for', async () => {
    const dir = ['--dir', join(folder, 'moved')]
    const key = join(folderOf(await create(...dir)).replace('backups', 'moved'), 'manifest.json')
    const { source, ...rest } = databaseBackup(decodeManifest(await readFile(key), key))
    await writeFile(key, encodeManifest({ ...rest, source: { ...source, systemIdentifier: '1' } }))
    const warnings = expect.stringContaining('another server')
    expect(await create(...dir, '--force-full', '--name', 'asked')).toMatchObject({ type: 'full', warnings })
    await rm(
      join(key, '..', '..', (await readdir(join(key, '..', '..'))).find(id => id.endsWith('asked'))!),
      {
        recursive: true,
      },
    )
    expect(await create(...dir)).toMatchObject({
      type: 'full',
      reason: expect.stringContaining('another'),
      warnings,
    })
  })

  test('that are damaged are not built on, and what they take down says why', async () => {
    const dir = ['--dir', join(folder, 'damaged')]
    const full = await create(...dir)
    const incremental = await create(...dir)
    const data = join(folderOf(full).replace('backups', 'damaged'), 'database.dump.zst')
    const bytes = await readFile(data)
    await truncate(data, bytes.length - 1)
    const failed = await cli(['restore', incremental.id, '--into', 'never', ...dir, '--json'], env)
    expect(outcome(failed)).toEqual([20, 'data-corrupt'])
    const next = await create(...dir)
    expect(next).toMatchObject({ type: 'full', reason: expect.stringContaining('damaged') })
    await writeFile(data, bytes)
    const gone = folderOf(full).replace('backups', 'damaged')
    await rename(gone, `${gone}-elsewhere`)
    const broken = await cli(['restore', incremental.id, '--into', 'never', ...dir, '--json'], env)
    expect(outcome(broken)).toEqual([20, 'data-corrupt'])
    expect(broken.stdout).toContain(full.id)
    expect((await readdir(join(gone, '..'))).length).toBeGreaterThan(2)
    expect(await server.sql(`SELECT count(*) FROM pg_database WHERE datname LIKE 'never%'`)).toBe('0')
  })
})
