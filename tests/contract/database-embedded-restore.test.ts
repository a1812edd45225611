import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, cp, lchown, lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { embeddedEnvironment } from '#lib/environment/embedded'
import { withDatabase } from '#lib/environment/embedded-session'
import { splitStatements } from '#lib/postgres/sql-split'
import { everything, everythingRows } from './embedded-everything.ts'
import {
  databaseIn,
  dumpOf,
  inputOf,
  noRecovery,
  request,
  rowsIn,
  run,
  silent,
  template,
} from './embedded-folders.ts'

const kept = 'tienda_before_20250408T160000Z'
const side = 'tienda_restoring_20250408T160000Z'
const small = `CREATE TABLE cosas (id integer PRIMARY KEY); INSERT INTO cosas VALUES (1), (2), (3);`
const cosas = (rows: number) => [{ schema: 'public', name: 'cosas', rows, bytes: 1 }]

let made: Awaited<ReturnType<typeof template>>
let smallDump: Buffer
beforeAll(async () => {
  made = await template(small)
  smallDump = await dumpOf(await databaseIn(made.folder))
})
afterAll(() => made[Symbol.asyncDispose]())

/** Gives the folder to somebody else where the tests may. */
async function chownAll(folder: string): Promise<number> {
  if (process.geteuid?.() !== 0) return (await lstat(folder)).uid
  const below = await readdir(folder, { recursive: true })
  for (const path of [folder, ...below.map(name => join(folder, name))]) await lchown(path, 65_534, 65_534)
  return 65_534
}

async function owners(folder: string): Promise<Set<number>> {
  const below = await readdir(folder, { recursive: true })
  return new Set(await Promise.all(below.map(async name => (await lstat(join(folder, name))).uid)))
}

const ids = async (folder: string) =>
  (await rowsIn(folder, 'SELECT id FROM cosas ORDER BY id')).map(row => row.id)

describe('a restore', () => {
  test('brings everything back, keeps the old folder, and can be undone', async () => {
    await using whole = await template(everything, ['hstore', 'uuid-ossp'])
    await using one = await whole.copy()
    const database = await databaseIn(one.folder)
    const dump = await dumpOf(database)
    const globals = await database.globals({ run: 'test', passwords: false })
    const tables = everythingRows.map(([schema, name, rows]) => ({ schema, name, rows, bytes: 1 }))
    const input = inputOf(dump, tables, 'sql' in globals ? globals.sql : '')
    const owner = await chownAll(one.folder)
    await chmod(one.folder, 0o750)
    await appendFile(join(one.folder, 'postgresql.conf'), '\n# propio\n')
    await run(one.folder, 'DROP SCHEMA ventas CASCADE')

    const plan = await database.restores.plan(request(), input)
    expect(plan).toMatchObject({ refusals: [], replaces: 'tienda', missingRoles: [], openConnections: 0 })
    const steps: string[] = []
    const report = (event: { type: string; step?: string }) =>
      event.type === 'step' && steps.push(String(event.step))
    expect(await database.restores.run(plan, input, report)).toEqual({
      database: 'tienda',
      kept,
      tables: tables.length,
      rows: 18,
    })
    expect(steps).toEqual(['restore', 'compare', 'swap'])

    expect((await dumpOf(database)).equals(dump)).toBe(true)
    expect(await owners(one.folder)).toEqual(new Set([owner])) // what root opens stays the application's
    expect(await database.globals({ run: 'test', passwords: false })).toEqual(globals)
    expect((await stat(one.folder)).mode & 0o777).toBe(0o750)
    expect(await readFile(join(one.folder, 'postgresql.conf'), 'utf8')).toContain('# propio')
    expect(
      await rowsIn(one.folder, "SELECT count(*)::int AS n FROM pg_stats WHERE schemaname = 'ventas'"),
    ).not.toEqual([{ n: 0 }])
    expect(
      await rowsIn(
        one.folder,
        "SELECT nextval('ventas.folio')::int AS n, encode(lo_get(424242), 'hex') AS lo",
      ),
    ).toEqual([{ n: 114, lo: '00c3b127ff' }])
    expect(await database.restores.kept()).toEqual([
      { name: kept, of: 'tienda', keptAt: '2025-04-08T16:00:00Z', sizeBytes: expect.any(Number) },
    ])

    const later = new Date('2025-04-08T17:00:00Z')
    expect(await database.restores.undo({ run: 'test', time: later, database: 'tienda' })).toMatchObject({
      kept: 'tienda_before_20250408T170000Z',
    })
    expect(
      await rowsIn(one.folder, "SELECT count(*)::int AS n FROM pg_namespace WHERE nspname = 'ventas'"),
    ).toEqual([{ n: 0 }])
    expect(await database.restores.recover(noRecovery)).toEqual([])
    await database.restores.removeKept('tienda_before_20250408T170000Z')
    expect(await readdir(one.parent)).toEqual(['tienda'])
  })

  const other = [...cosas(4), { schema: 'otra', name: 'cosas', rows: 0, bytes: 0 }]
  const twice = () => Buffer.concat([smallDump, Buffer.from('INSERT INTO public.cosas VALUES (3);')])
  test.each([
    [
      'other rows than the backup',
      () => inputOf(smallDump, other),
      'data-corrupt',
      /public.cosas: 3 instead of 4; otra.cosas: no table/,
    ],
    ['a statement that fails', () => inputOf(twice(), cosas(3)), 'command-failed', /cosas_pkey/],
    [
      'bytes that do not come',
      () => ({ ...inputOf(smallDump, cosas(3)), open: failing() }),
      'data-corrupt',
      /a chunk is damaged/,
    ],
  ])('of %s fails and leaves the old data and nothing else', async (_, input, code, message) => {
    await using one = await made.copy()
    await run(one.folder, 'DELETE FROM cosas WHERE id > 1')
    const database = await databaseIn(one.folder)
    const plan = await database.restores.plan(request(), inputOf(smallDump, cosas(3)))
    await expect(database.restores.run(plan, input(), silent)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    expect(await readdir(one.parent)).toEqual(['tienda'])
    expect(await ids(one.folder)).toEqual([1])
  })

  test('into another name leaves the folder alone, fills a new or an empty one and nothing else', async () => {
    await using one = await made.copy()
    await mkdir(join(one.parent, 'copia'))
    const database = await databaseIn(one.folder)
    const input = inputOf(smallDump)
    const plan = await database.restores.plan(request({ mode: 'into', database: 'copia' }), input)
    expect(plan).toMatchObject({ refusals: [], replaces: undefined })
    await run(one.folder, 'DELETE FROM cosas')
    expect(await database.restores.run(plan, input, silent)).toEqual({
      database: 'copia',
      kept: undefined,
      tables: 1,
      rows: 3,
    })
    expect(await readdir(one.parent)).toEqual(['copia', 'tienda'])
    expect(await ids(join(one.parent, 'copia'))).toEqual([1, 2, 3])
    expect(await ids(one.folder)).toEqual([])
    const again = await database.restores.plan(request({ mode: 'into', database: 'copia' }), input)
    expect(again.refusals).toMatchObject([{ code: 'restore-unsafe' }])
    await expect(database.restores.run(plan, input, silent)).rejects.toMatchObject({ code: 'restore-unsafe' })
  })

  test('brings a folder back that is gone', async () => {
    await using one = await made.copy()
    const database = await databaseIn(one.folder)
    await rm(one.folder, { recursive: true })
    const input = inputOf(smallDump, cosas(3))
    const plan = await database.restores.plan(request(), input)
    expect(plan.replaces).toBeUndefined()
    expect(await database.restores.run(plan, input, silent)).toMatchObject({ kept: undefined, rows: 3 })
    expect(await ids(one.folder)).toEqual([1, 2, 3])
  })

  test('an aborted one is cancelled and leaves nothing', async () => {
    await using one = await made.copy()
    const database = await databaseIn(one.folder)
    const input = inputOf(smallDump, cosas(3))
    const plan = await database.restores.plan(request(), input)
    const abort = new AbortController()
    const stop = (event: { type: string; step?: string }) => event.step === 'compare' && abort.abort()
    await expect(database.restores.run(plan, input, stop, abort.signal)).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(await readdir(one.parent)).toEqual(['tienda'])
  })
})

function failing() {
  let opened = 0
  return async function* () {
    opened += 1
    yield smallDump.subarray(0, 1000)
    if (opened > 1) throw Object.assign(new Error('a chunk is damaged'), { code: 'data-corrupt' })
    yield smallDump.subarray(1000)
  }
}

describe('a plan refuses', () => {
  const refused = async (more: Parameters<typeof request>[0], input = inputOf(smallDump, cosas(3))) => {
    const { restores } = await databaseIn(made.folder)
    return (await restores.plan(request(more), input)).refusals
  }
  const sql = (text: string, globals?: string) => inputOf(Buffer.from(text), undefined, globals)

  test.each([
    [
      'an archive of custom format',
      {},
      () => ({ ...inputOf(smallDump), format: 'custom' as const }),
      'input-invalid',
    ],
    ['COPY data', {}, () => sql('CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\n'), 'input-invalid'],
    ['single tables', { part: { tables: ['cosas'] } }, undefined, 'input-invalid'],
    ['to drop first', { mode: 'in-place' as const, dropFirst: true }, undefined, 'input-invalid'],
    ['another name without into', { database: 'otra' }, undefined, 'input-invalid'],
    ['a path as a name', { mode: 'into' as const, database: '../otra' }, undefined, 'input-invalid'],
    ['a control character', { mode: 'into' as const, database: 'o\ntra' }, undefined, 'input-invalid'],
    ['a name too long', { mode: 'into' as const, database: 'x'.repeat(300) }, undefined, 'input-invalid'],
    ['a name of its own kind', { mode: 'into' as const, database: kept }, undefined, 'input-invalid'],
    ['the live folder with into', { mode: 'into' as const, database: 'tienda' }, undefined, 'restore-unsafe'],
    [
      'a role that nothing makes',
      {},
      () => sql('ALTER TABLE t OWNER TO "Otro";', 'CREATE ROLE otro;'),
      'restore-unsafe',
    ],
  ])('%s', async (_, more, input, code) => {
    expect(await refused(more, input?.())).toMatchObject([{ code, hint: expect.any(String) }])
  })

  test('a folder that is in use', async () => {
    await using one = await made.copy()
    const { restores } = await databaseIn(one.folder)
    const input = inputOf(smallDump, cosas(3))
    const plan = await restores.plan(request(), input)
    await withDatabase({ folder: one.folder }, async () => {
      expect((await restores.plan(request(), input)).refusals).toMatchObject([{ code: 'restore-unsafe' }])
      await expect(restores.run(plan, input, silent)).rejects.toMatchObject({ code: 'restore-unsafe' })
    })
    expect(await readdir(one.parent)).toEqual(['tienda'])
  })

  test('nothing that a role in the globals explains', async () => {
    expect(
      await refused(
        {},
        sql('ALTER TABLE t OWNER TO "Otro"; GRANT ALL ON t TO PUBLIC, pg_monitor;', 'CREATE ROLE "Otro";'),
      ),
    ).toEqual([])
  })
})

describe('after a crash', () => {
  /** A process of its own that is killed in the middle. */
  async function killed(code: string): Promise<void> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
  }
  const module = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href)

  test('in the load, the half-made folder is removed and the old data is there', async () => {
    await using one = await made.copy()
    await killed(`
      import { embeddedDatabase } from ${module('environment/embedded-database.ts')}
      import { splitStatements } from ${module('postgres/sql-split.ts')}
      const { restores } = embeddedDatabase(${JSON.stringify(one.folder)}, splitStatements)
      const request = { run: 'x', time: new Date('2025-04-08T16:00:00Z'), mode: 'swap', database: 'tienda' }
      const input = { format: 'plain', rawBytes: 10, tables: [], open: async function* () { yield Buffer.from('CREATE TABLE t (a int);') } }
      const die = ({ step }) => step === 'compare' && process.kill(process.pid, 'SIGKILL')
      await restores.run(await restores.plan(request, input), input, die)`)
    expect(await readdir(one.parent)).toEqual(['tienda', side])
    const database = await databaseIn(one.folder)
    expect(await database.restores.recover(noRecovery)).toEqual([expect.stringContaining(side)])
    expect(await readdir(one.parent)).toEqual(['tienda'])
    expect(await ids(one.folder)).toEqual([1, 2, 3])
  })

  test('between the renames, the folder is found again with the restored data, and can be undone', async () => {
    await using one = await made.copy()
    await cp(one.folder, join(one.parent, side), { recursive: true })
    await run(join(one.parent, side), 'INSERT INTO cosas VALUES (4)')
    await killed(`
      import { rename } from 'node:fs/promises'
      import { namesOf } from ${module('environment/embedded-names.ts')}
      import { swap } from ${module('environment/embedded-swap.ts')}
      const move = async (from, to) => { await rename(from, to); process.kill(process.pid, 'SIGKILL') }
      await swap(namesOf(${JSON.stringify(one.folder)}), { from: '${side}', kept: '${kept}' }, move)`)
    expect(await readdir(one.parent)).toEqual([kept, side, 'tienda_swapping.json'].sort())
    const environment = embeddedEnvironment({ folder: one.folder, statements: splitStatements })
    const database = environment.database(await environment.find({}))
    expect(await readdir(one.parent)).toEqual(['tienda', kept])
    expect(await ids(one.folder)).toEqual([1, 2, 3, 4])
    await database.restores.undo({ run: 'x', time: new Date(0), database: 'tienda' })
    expect(await ids(one.folder)).toEqual([1, 2, 3])
  })
})
