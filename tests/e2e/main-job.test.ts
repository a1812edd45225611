import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureImage } from '../testbed/images.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli } from './cli.ts'

const versions = ['15', '17', '15-bare', '17-bare'] as const
const engine = testEngine()

interface Listed {
  backups: { id: string; source: string; totals: { tables: number; rows: number }; scope: string }[]
}

describe.skipIf(!engine).each(versions)('create, list and restore on PostgreSQL %s', version => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    await ensureImage(engine!, `postgres:${version}`)
    server = await startPostgres(engine!, { version, env: { POSTGRES_DB: 'pc_db' } })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql(`CREATE TABLE usuarios (usuario_id int PRIMARY KEY, nombre text NOT NULL);
      INSERT INTO usuarios SELECT n, 'usuario ' || n FROM generate_series(1, 5000) n;
      CREATE TABLE nada ();`)
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  test('a damaged database comes back, and the old one is kept and can be swapped back', async () => {
    const made = await cli(['create', '--container', server.name, '--name', 'first', '--json'], env)
    expect(made.stderr).not.toContain('12345')
    expect(made).toMatchObject({ exitCode: 0 })
    const { backup } = made.json<{ backup: { id: string; totals: object } }>()
    expect(backup.totals).toEqual({ tables: 2, rows: 5000 })

    const listed = (await cli(['list', '--json'], env)).json<Listed>()
    expect(listed.backups.map(one => one.id)).toEqual([backup.id])

    await server.sql(
      `DELETE FROM usuarios WHERE usuario_id > 10; DROP TABLE nada; COMMENT ON DATABASE pc_db IS 'damaged'`,
    )
    const asked = await cli(['restore', 'latest', '--json'], env)
    expect(asked).toMatchObject({ exitCode: 8 })
    expect(asked.json()).toMatchObject({ error: { code: 'not-confirmed' } })
    expect(await server.sql('SELECT count(*) FROM usuarios')).toBe('10')

    const restored = await cli(['restore', 'first', '--yes', '--json'], env)
    expect(restored).toMatchObject({ exitCode: 0 })
    expect(await server.sql('SELECT count(*) FROM usuarios')).toBe('5000')
    const { kept } = restored.json<{ restored: { kept: string } }>().restored
    expect(await server.sql('SELECT count(*) FROM usuarios', { database: kept })).toBe('10')

    const status = (await cli(['status', '--container', server.name, '--json'], env)).json<{
      environments: { sources: { kept?: { name: string }[] }[] }[]
    }>()
    expect(JSON.stringify(status)).toContain(kept)

    expect(
      await cli(['restore', '--undo', '--container', server.name, '--yes', '--json'], env),
    ).toMatchObject({ exitCode: 0 })
    expect(await server.sql('SELECT count(*) FROM usuarios')).toBe('10')
    expect(
      await server.sql(
        `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'pc_db'`,
      ),
    ).toBe('damaged')

    const [left] = (
      await server.sql(`SELECT datname FROM pg_database WHERE datname LIKE 'pc_db_before%'`)
    ).split('\n')
    const remove = ['remove', '--container', server.name, '--json', '--kept']
    expect(await cli([...remove, 'pc_db', '--yes'], env)).toMatchObject({ exitCode: 4 })
    expect(await cli([...remove, left!], env)).toMatchObject({ exitCode: 8 })
    expect(await cli([...remove, left!, '--yes'], env)).toMatchObject({ exitCode: 0 })
    expect(await server.sql(`SELECT count(*) FROM pg_database WHERE datname LIKE 'pc_db_before%'`)).toBe('0')
  })

  test('restores into a new database, and refuses one that is not empty', async () => {
    expect(await cli(['create', '--container', server.name, '--json'], env)).toMatchObject({ exitCode: 0 })
    expect(await cli(['restore', 'latest', '--into', 'Otra base', '--json'], env)).toMatchObject({
      exitCode: 0,
    })
    expect(await server.sql('SELECT count(*) FROM usuarios', { database: 'Otra base' })).toBe('10')
    const again = await cli(['restore', 'latest', '--into', 'Otra base', '--json'], env)
    expect(again.json()).toMatchObject({ error: { code: 'restore-unsafe' } })
    expect(again.exitCode).toBe(8)
  })
})
