import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drain } from '#lib/bytes'
import { embeddedEnvironment } from '#lib/environment/embedded'
import { withDatabase } from '#lib/environment/embedded-session'
import { splitStatements } from '#lib/postgres/sql-split'
import { databaseIn, dumpOf, rowsIn, run, template, workFolder } from './embedded-folders.ts'

const rows = 5000
let made: Awaited<ReturnType<typeof template>>
beforeAll(async () => {
  made = await template(
    `CREATE TABLE cosas (id serial PRIMARY KEY, texto text, cuando timestamptz, bytes bytea);
     INSERT INTO cosas (texto, cuando, bytes) SELECT 'ñ' || i, '2024-01-01 00:00Z', decode(md5(i::text), 'hex') FROM generate_series(1, ${rows}) i;
     CREATE SCHEMA otra; CREATE TABLE otra.vacia ()`,
  )
})
afterAll(() => made[Symbol.asyncDispose]())

const environment = (folder: string, name?: string) =>
  embeddedEnvironment({ folder, name, statements: splitStatements })

/** Another process that has the folder open until it is killed. */
async function holdOpen(folder: string): Promise<ChildProcess> {
  const code = `import { PGlite } from '@electric-sql/pglite'
    const pg = await PGlite.create(${JSON.stringify(folder)})
    await pg.exec("INSERT INTO cosas (texto) VALUES ('sin cerrar')")
    console.log('open'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('find', () => {
  test('a folder with a database is a source with an id of its own', async () => {
    await using two = await made.copy()
    const source = await environment(made.folder).find({})
    expect(source).toMatchObject({
      kind: 'postgres',
      state: 'running',
      place: { environment: 'embedded', database: 'tienda' },
    })
    expect((await environment(two.folder).find({})).id).not.toBe(source.id)
    expect((await environment(made.folder, 'mi_tienda').find({ source: 'mi_tienda' })).id).toBe('mi_tienda')
    expect(await Array.fromAsync(environment(made.folder).sources())).toEqual([source])
  })

  test('a folder is no server with other databases', async () => {
    const one = environment(made.folder)
    const found = await one.find({})
    expect(() => one.database(found).server()).toThrow('An embedded database is the only one in its folder')
  })

  test('the same folder through a link is the same source', async () => {
    await using one = await made.copy()
    await symlink(one.folder, join(one.parent, 'enlace'))
    expect(await environment(join(one.parent, 'enlace')).find({})).toEqual(
      await environment(one.folder).find({}),
    )
  })

  test('what is not there, is empty or is no PGlite folder is source-not-found, and nothing is made there', async () => {
    await using work = await workFolder()
    await mkdir(join(work.path, 'vacia'))
    await mkdir(join(work.path, 'otra'))
    await writeFile(join(work.path, 'otra', 'PG_VERSION'), '18\n')
    for (const name of ['nada', 'vacia', 'otra', 'nada/nada']) {
      await expect(environment(join(work.path, name)).find({})).rejects.toMatchObject({
        code: 'source-not-found',
      })
      expect(await Array.fromAsync(environment(join(work.path, name)).sources())).toEqual([])
    }
    expect(await readdir(work.path, { recursive: true })).toEqual([
      'otra',
      'vacia',
      join('otra', 'PG_VERSION'),
    ])
  })

  test('another source or a container is not this one', async () => {
    await expect(environment(made.folder).find({ source: 'otra' })).rejects.toMatchObject({
      code: 'source-not-found',
    })
    await expect(environment(made.folder).find({ database: 'otra' })).rejects.toMatchObject({
      code: 'source-not-found',
    })
    await expect(environment(made.folder).find({ container: 'pc_db' })).rejects.toMatchObject({
      code: 'input-invalid',
    })
  })

  test('a folder that another process has open is source-unreachable, and free again when that was killed', async () => {
    await using one = await made.copy()
    const child = await holdOpen(one.folder)
    await expect(environment(one.folder).find({})).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining(`process ${child.pid}`),
    })
    await kill(child)
    expect(await readdir(one.folder)).toContain('postmaster.pid') // left behind, as after any crash
    const database = await databaseIn(one.folder)
    expect((await dumpOf(database)).toString()).toContain('sin cerrar')
  })

  test('a folder that this process has open is source-unreachable for every operation', async () => {
    const database = await databaseIn(made.folder)
    await withDatabase({ folder: made.folder }, async () => {
      const inUse = { code: 'source-unreachable', message: expect.stringContaining('this process') }
      await expect(environment(made.folder).find({})).rejects.toMatchObject(inUse)
      await expect(database.inspect()).rejects.toMatchObject(inUse)
      await expect(dumpOf(database)).rejects.toMatchObject(inUse)
    })
    expect((await database.inspect()).serverVersion).toMatch(/^18\./)
  })
})

describe('inspect and dump', () => {
  test('inspect tells version, size and system identifier, which stay', async () => {
    const database = await databaseIn(made.folder)
    const info = await database.inspect()
    expect(info).toMatchObject({ serverVersion: expect.stringMatching(/^18\.\d/), connections: 0 })
    expect(info.systemIdentifier).toMatch(/^\d{15,}$/)
    expect(info.sizeBytes).toBeGreaterThan(1_000_000)
    expect((await database.inspect()).systemIdentifier).toBe(info.systemIdentifier)
  })

  test('two dumps of unchanged data are the same to the byte, whatever time zone and output the database prefers', async () => {
    await using one = await made.copy()
    const database = await databaseIn(one.folder)
    let ticks = 0
    const timer = setInterval(() => {
      ticks += 1
    }, 5)
    const first = await dumpOf(database)
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(5) // a lease can be renewed while PGlite computes
    await run(
      one.folder,
      `ALTER DATABASE postgres SET timezone TO 'America/Lima'; ALTER DATABASE postgres SET bytea_output TO 'escape';
      ALTER DATABASE postgres SET search_path TO ''`,
    )
    expect((await dumpOf(database)).equals(first)).toBe(true)
    expect(first.toString().match(/^INSERT INTO public.cosas /gm)).toHaveLength(rows)
    expect(await rowsIn(one.folder, 'SELECT count(*)::text AS n FROM public.cosas')).toEqual([
      { n: String(rows) },
    ])
  })

  test('a scope leaves out what it says', async () => {
    const database = await databaseIn(made.folder)
    const schemaOnly = (await dumpOf(database, { schemaOnly: true, schemas: ['public'] })).toString()
    expect(schemaOnly).toContain('CREATE TABLE public.cosas')
    expect(schemaOnly).not.toMatch(/INSERT INTO|otra/)
    const tables = (await dumpOf(database, { tables: ['*.*'], excludeTables: ['cosas'] })).toString()
    expect(tables).toContain('CREATE TABLE otra.vacia')
    expect(tables).not.toContain('TABLE public.cosas')
    await expect(dumpOf(database, { tables: ['nada'] })).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('no matching tables'),
    })
  })

  test('custom format is refused', async () => {
    const database = await databaseIn(made.folder)
    expect(database.formats).toEqual(['plain'])
    await expect(drain(database.dump({ scope: {}, format: 'custom', run: 'test' }))).rejects.toMatchObject({
      code: 'input-invalid',
    })
  })

  test('a further database, which a backup would leave out, fails it', async () => {
    await using one = await made.copy()
    await run(one.folder, 'CREATE DATABASE aparte')
    const database = await databaseIn(one.folder)
    await expect(dumpOf(database)).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('aparte'),
    })
  })

  test('a table that cannot be read fails the dump with the reason', async () => {
    await using one = await made.copy()
    const [file] = await rowsIn(one.folder, "SELECT pg_relation_filepath('cosas') AS path")
    const path = join(one.folder, String(file?.path))
    const pages = await readFile(path)
    await writeFile(path, pages.fill(0xee, 5 * 8192, 6 * 8192))
    const database = await databaseIn(one.folder)
    await expect(dumpOf(database)).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('invalid page'),
    })
  })

  test('an aborted dump is cancelled and leaves the folder free', async () => {
    await using one = await made.copy()
    const database = await databaseIn(one.folder)
    const abort = new AbortController()
    const dumped = drain(database.dump({ scope: {}, format: 'plain', run: 'test' }, abort.signal))
    setTimeout(() => abort.abort(), 300)
    await expect(dumped).rejects.toMatchObject({ code: 'cancelled' })
    expect((await dumpOf(database)).toString()).toContain('ñ5000')
  })

  test('a folder that is opened by somebody else meanwhile fails the run', async () => {
    await using one = await made.copy()
    const twice = withDatabase({ folder: one.folder }, async () => {
      await kill(await holdOpen(one.folder))
    })
    await expect(twice).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('Another process'),
    })
  })

  test('a damaged database is source-unreachable', async () => {
    await using one = await made.copy()
    await writeFile(join(one.folder, 'global', 'pg_control'), 'garbage')
    const database = await databaseIn(one.folder)
    await expect(database.inspect()).rejects.toMatchObject({ code: 'source-unreachable' })
  })
})
