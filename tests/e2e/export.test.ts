import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** What `check` says of the file on its standard input, with stock tools in the container. */
const checks = {
  dump: 'pg_restore -l >/dev/null',
  'dump.zst': 'cat >/tmp/x.zst && zstd -tq /tmp/x.zst && zstd -dcq /tmp/x.zst | pg_restore -l >/dev/null',
  sql: 'grep -q "PostgreSQL database dump complete"',
  'sql.gz': 'cat >/tmp/x.gz && gunzip -t /tmp/x.gz',
  'tar.gz': 'test "$(tar -tz | tr "\\n" " ")" = "schema.sql data.sql metadata.json "',
} as const

describe.skipIf(!engine)('export and parts of a backup', () => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>
  /** `<source>/<id>`, of a full and of an incremental that is built on it. */
  let full: string
  let incremental: string
  let began: string

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17', env: { POSTGRES_DB: 'pc_db' } })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql(`CREATE SCHEMA tienda; CREATE TYPE tienda.estado AS ENUM ('nuevo', 'enviado');
      CREATE FUNCTION tienda.sella() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nota := 'sellado'; RETURN NEW; END $$;
      CREATE TABLE tienda.pedidos (id serial PRIMARY KEY, usuario int NOT NULL, estado tienda.estado DEFAULT 'nuevo', nota text);
      CREATE TABLE usuarios (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, jefe int REFERENCES usuarios, nombre text NOT NULL);
      INSERT INTO usuarios (jefe, nombre) SELECT CASE WHEN n < 3000 THEN n + 1 END, 'usuario ' || n FROM generate_series(1, 3000) n;
      INSERT INTO tienda.pedidos (usuario, nota) SELECT n, 'nota ' || n FROM generate_series(1, 2000) n;
      ALTER TABLE tienda.pedidos ADD CONSTRAINT pedidos_usuario_fkey FOREIGN KEY (usuario) REFERENCES usuarios;
      CREATE TRIGGER sellado BEFORE INSERT ON tienda.pedidos FOR EACH ROW EXECUTE FUNCTION tienda.sella();
      CREATE INDEX pedidos_nota ON tienda.pedidos (nota); COMMENT ON TABLE tienda.pedidos IS 'lo vendido';
      CREATE VIEW resumen AS SELECT count(*) FROM tienda.pedidos;
      CREATE MATERIALIZED VIEW ventas AS SELECT estado, count(*) FROM tienda.pedidos GROUP BY estado;
      CREATE TABLE medidas (dia date, valor int) PARTITION BY RANGE (dia);
      CREATE TABLE medidas_2024 PARTITION OF medidas FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      INSERT INTO medidas SELECT '2024-01-01'::date + n, n FROM generate_series(0, 99) n;
      SELECT lo_from_bytea(4711, 'objeto')`)
    full = await backUp()
    await server.sql("UPDATE usuarios SET nombre = 'otra' WHERE id = 7")
    incremental = await backUp('--backup-type', 'incremental')
    began = /(\d{8})T(\d{6})Z/.exec(incremental)!.slice(1).join('_')
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const backUp = async (...more: string[]): Promise<string> => {
    const made = await cli(['create', '--container', server.name, '--json', ...more], env)
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    const { backup } = made.json<{ backup: { id: string; source: { id: string } } }>()
    return `${backup.source.id}/${backup.id}`
  }
  const exported = (id: string, ...more: string[]) => cli(['export', id, '--json', ...more], env, folder)
  const restored = (...more: string[]) => cli(['restore', '--json', ...more], env)
  const done = async (running: Promise<Finished>): Promise<Finished> => {
    const finished = await running
    expect(finished, finished.stdout).toMatchObject({ exitCode: 0 })
    return finished
  }
  const content = (database = 'pc_db') =>
    server.sql(
      `SELECT count(*), md5(string_agg(u::text, ',' ORDER BY id)) FROM usuarios u
       UNION ALL SELECT count(*), md5(string_agg(p::text, ',' ORDER BY id)) FROM tienda.pedidos p
       UNION ALL SELECT sum(count), md5(string_agg(v::text, ',')) FROM ventas v
       UNION ALL SELECT count(*), sum(valor)::text FROM medidas
       UNION ALL SELECT last_value, convert_from(lo_get(4711), 'UTF8') FROM tienda.pedidos_id_seq`,
      { database },
    )
  const schemaOf = async (database: string) =>
    (await server.exec(['pg_dump', '-U', 'postgres', '--schema-only', '--restrict-key=x', database])).stdout
  const drop = (database: string) => server.sql(`DROP DATABASE IF EXISTS ${database}`)
  const here = () => readdir(folder).then(names => names.filter(name => name !== 'backups').sort())

  test.each(Object.entries(checks))(
    'an incremental as .%s is a standard file, and comes back',
    async (format, check) => {
      const file = join(folder, `todo.${format}`)
      await done(exported(incremental, '--to', file))
      const bytes = await readFile(file)
      const checked = await server.exec(['sh', '-ec', check], { stdin: bytes })
      expect(checked, checked.stderr).toMatchObject({ exitCode: 0 })
      const back = await done(restored('--file', file, '--container', server.name, '--into', 'vuelto'))
      expect(back.json()).toMatchObject({ restored: { rows: 5100 } })
      expect(await schemaOf('vuelto')).toBe(await schemaOf('pc_db'))
      const sequence = await server.sql("SELECT setval('tienda.pedidos_id_seq', 2000)")
      expect(sequence).toBe('2000')
      expect(await content('vuelto')).toBe(await content())
      await drop('vuelto')

      expect(outcome(await exported(incremental, '--to', file))).toEqual([2, 'input-invalid'])
      expect(await readFile(file)).toEqual(bytes)
      for (const made of await here()) await rm(join(folder, made))
    },
  )

  test('a dump is what pg_dump writes, also of an incremental', async () => {
    await done(exported(incremental, '--to', 'a.dump'))
    const own = await readFile(join(folder, 'a.dump'))
    const { stdoutBytes } = await server.exec(['pg_dump', '-U', 'postgres', '-Fc', '-Z0', 'pc_db'])
    const timeless = (dump: Uint8Array) => Buffer.concat([dump.subarray(0, 12), dump.subarray(47)]) // its time stands between
    expect(timeless(own).equals(timeless(stdoutBytes))).toBe(true)
    await rm(join(folder, 'a.dump'))
  })

  test('usual names, metadata beside, and nothing that is left of what fails', async () => {
    await mkdir(join(folder, 'salida'))
    await done(exported(full, '--to', 'salida', '--level', '9'))
    await done(exported(incremental, '--to', 'salida', '--format', 'tar.gz'))
    await done(exported(incremental, '--format', 'dump'))
    const names = await readdir(join(folder, 'salida'))
    expect(names.sort()).toEqual([
      expect.stringMatching(/^backup_full_\d{8}_\d{6}\.sql\.gz$/),
      `database_development_${began}.tar.gz`,
      `database_development_${began}_metadata.json`,
    ])
    expect(await here()).toEqual([`backup_full_${began}.dump`, 'salida'])
    const metadata = JSON.parse(await readFile(join(folder, 'salida', names[2]!), 'utf8'))
    expect(metadata).toMatchObject({
      id: incremental.split('/')[1],
      filename: names[1],
      database: 'pc_db',
      type: 'full',
      totals: { rows: 5100 },
      files: [{ name: 'schema.sql' }, { name: 'data.sql' }],
    })
    await rm(join(folder, 'salida', names[1]!))
    const again = await exported(incremental, '--to', 'salida', '--format', 'tar.gz')
    expect(outcome(again)).toEqual([2, 'input-invalid'])
    expect(await readdir(join(folder, 'salida'))).not.toContain(names[1])
    for (const wrong of [['a.txt'], ['no/a.dump'], ['a.dump', '--level', '3'], ['a.sql', '--format', 'dump']])
      expect(outcome(await exported(full, '--to', ...wrong))).toEqual([2, 'input-invalid'])

    const data = join(env.BACKUP_DIR!, 'sources', full, 'database.dump.zst')
    const bytes = await readFile(data)
    await writeFile(data, bytes.with(bytes.length - 40, bytes.at(-40)! ^ 1))
    for (const format of Object.keys(checks))
      expect(outcome(await exported(full, '--to', `b.${format}`))).toEqual([20, 'data-corrupt'])
    await writeFile(data, bytes)
    expect(await here()).toEqual([`backup_full_${began}.dump`, 'salida'])
  })

  test('without the source this machine makes the SQL, and without either it is said', async () => {
    const gone = { ...env, DOCKER_HOST: 'unix:///nowhere.sock' }
    const to = (file: string, more: Record<string, string>) =>
      cli(['export', full, '--to', join(folder, file), '--json'], { ...gone, ...more })
    const none = await to('c.sql', { PATH: '/nowhere' })
    expect(outcome(none)).toEqual([5, 'environment-unavailable'])
    expect(none.stdout).toContain('no pg_restore')
    await done(to('c.dump', { PATH: '/nowhere' }))
    await done(to('c.sql', { PATH: `${await clientTools(17)}:${process.env.PATH}` }))
    expect(await readFile(join(folder, 'c.sql'), 'utf8')).toContain('CREATE TABLE tienda.pedidos')
  })

  test('a backup in plain SQL is exported without pg_restore, and as no archive', async () => {
    const plain = await backUp('--format', 'plain')
    const without = { ...env, DOCKER_HOST: 'unix:///nowhere.sock', PATH: '/nowhere' }
    for (const format of ['sql.gz', 'tar.gz']) {
      const file = join(folder, `plain.${format}`)
      await done(cli(['export', plain, '--to', file, '--json'], without))
      await done(restored('--file', file, '--container', server.name, '--into', 'plano'))
      expect(await content('plano')).toBe(await content())
      await drop('plano')
    }
    expect(outcome(await exported(plain, '--to', 'plain.dump'))).toEqual([2, 'input-invalid'])
  })

  interface Planned {
    plan: { warnings: string[]; refusals: { code: string; message: string; hint: string }[] }
  }
  const planned = async (...more: string[]) =>
    (await done(restored(incremental, '--into', 'parte', '--dry-run', ...more))).json<Planned>().plan

  test('a table comes back with what is its own, and the plan says what does not', async () => {
    const { warnings, refusals } = await planned('--table', 'tienda.pedidos')
    expect(refusals).toEqual([])
    for (const along of ['schema tienda', 'type tienda.estado', 'function tienda.sella()'])
      expect(warnings[0]).toContain(along)
    expect(warnings[1]).toContain(
      'left out: foreign key tienda.pedidos pedidos_usuario_fkey, which needs table public.usuarios',
    )
    const back = await done(restored(incremental, '--into', 'parte', '--table', 'tienda.pedidos'))
    expect(back.json()).toMatchObject({ restored: { tables: 1, rows: 2000 } })
    const facts = `SELECT (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'tienda'::regnamespace),
      (SELECT string_agg(conname, ' ') FROM pg_constraint WHERE conrelid = 'tienda.pedidos'::regclass AND contype IN ('p', 'f')),
      (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'tienda.pedidos'::regclass), obj_description('tienda.pedidos'::regclass),
      (SELECT last_value FROM tienda.pedidos_id_seq), to_regclass('usuarios')`
    expect(await server.sql(facts, { database: 'parte' })).toBe(
      'pedidos pedidos_id_seq pedidos_nota pedidos_pkey|pedidos_pkey|1|lo vendido|2000|',
    )
    expect(
      await server.sql('INSERT INTO tienda.pedidos (usuario) VALUES (1) RETURNING id, nota', {
        database: 'parte',
      }),
    ).toBe('2001|sellado')
    await drop('parte')
  })

  test('tables, schemas and views add up; partitions come along', async () => {
    await done(
      restored(
        incremental,
        '--into',
        'parte',
        '--schema',
        'tienda',
        '--table',
        'usuarios',
        '--table',
        'resumen',
        '--table',
        'medidas',
      ),
    )
    expect(
      await server.sql(
        `SELECT (SELECT count FROM resumen), (SELECT count(*) FROM medidas), count(*) FROM pg_constraint WHERE conname = 'pedidos_usuario_fkey'`,
        { database: 'parte' },
      ),
    ).toBe('2000|100|1')
    await drop('parte')
  })

  test('what cannot be made is refused in the plan, and a missing table suggests the nearest', async () => {
    const view = await planned('--table', 'resumen')
    expect(view.refusals).toMatchObject([
      { code: 'input-invalid', message: expect.stringContaining('table tienda.pedidos') },
    ])
    const missing = await restored(incremental, '--into', 'parte', '--table', 'usuario')
    expect(outcome(missing)).toEqual([2, 'input-invalid'])
    expect(missing.stdout).toContain('usuarios')
    expect(outcome(await restored(incremental, '--table', 'usuarios', '--yes'))).toEqual([
      8,
      'restore-unsafe',
    ])
    expect(await server.sql(`SELECT count(*) FROM pg_database WHERE datname = 'parte'`)).toBe('0')
  })

  test('definitions first, then the data into their empty tables, and never into others', async () => {
    const early = await restored(incremental, '--into', 'parte', '--data-only')
    expect(outcome(early)).toEqual([2, 'input-invalid'])
    await done(restored(incremental, '--into', 'parte', '--schema-only'))
    expect(await server.sql('SELECT count(*) FROM usuarios', { database: 'parte' })).toBe('0')
    const alone = await restored(incremental, '--into', 'parte', '--data-only', '--table', 'pedidos')
    expect(outcome(alone)).toEqual([8, 'restore-unsafe'])
    expect(alone.stdout).toContain('pedidos_usuario_fkey')
    const filled = await done(restored(incremental, '--into', 'parte', '--data-only'))
    expect(filled.json()).toMatchObject({ restored: { rows: 5100 } })
    await server.sql('REFRESH MATERIALIZED VIEW ventas', { database: 'parte' })
    expect(await content('parte')).toBe(await content())
    const again = await restored(incremental, '--into', 'parte', '--data-only')
    expect(outcome(again)).toEqual([8, 'restore-unsafe'])
    expect(again.stdout).toContain('public.usuarios')
    await drop('parte')
  })
})
