import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect } from '../bytes.ts'
import { type DirectOptions, directEnvironment } from './direct.ts'
import { parseService } from './direct-service.ts'
import type { Target } from './environment.ts'

const { PATH } = process.env
const open = (options: Partial<DirectOptions> = {}) =>
  directEnvironment({ ...options, env: { PATH, ...options.env } })

async function connectionOf(options: Partial<DirectOptions>, target: Target = {}) {
  const environment = open(options)
  const source = await environment.find(target)
  return { ...(await environment.connection(source)), id: source.id, place: source.place }
}

describe('direct: what is settled', () => {
  test('an address, as variables', async () => {
    const url = 'postgres://ana:s3cret@db.example.com/shop?sslmode=require'
    expect(await connectionOf({ url })).toEqual({
      id: 'direct.db.example.com.shop',
      place: { environment: 'direct', host: 'db.example.com', port: 5432, database: 'shop' },
      database: 'shop',
      user: 'ana',
      env: {
        PGUSER: 'ana',
        PGPASSWORD: 's3cret',
        PGHOST: 'db.example.com',
        PGDATABASE: 'shop',
        PGSSLMODE: 'require',
        PGCONNECT_TIMEOUT: '15',
      },
    })
  })

  test('variables fill in what an address leaves open', async () => {
    const env = {
      PGUSER: 'eva',
      PGSSLMODE: 'verify-full',
      PGHOST: 'other',
      PGHOSTADDR: '10.0.0.1',
      PGPORT: '5440',
    }
    const { env: settled } = await connectionOf({ url: 'postgres://h/d', env })
    expect(settled).toMatchObject({ PGUSER: 'eva', PGSSLMODE: 'verify-full', PGHOST: 'h', PGPORT: '5440' })
    expect(settled).not.toHaveProperty('PGHOSTADDR')
  })

  test('a target beats both', async () => {
    const options = { url: 'postgres://ana:x@h/d', env: { PGPASSWORD: 'y' } }
    const { env } = await connectionOf(options, { database: 'e', user: 'eva', password: 'z' })
    expect(env).toMatchObject({ PGDATABASE: 'e', PGUSER: 'eva', PGPASSWORD: 'z' })
  })

  test('a database is named after its user', async () => {
    expect(await connectionOf({ url: 'postgres://ana@h' })).toMatchObject({ database: 'ana', user: 'ana' })
  })

  test('hosts are the same whatever their case', async () => {
    expect((await connectionOf({ url: 'postgres://DB.Example.com/d' })).id).toBe('direct.db.example.com.d')
  })

  test('a configured name is that of the configured database only', async () => {
    const options = { url: 'postgres://h/d', name: 'main' }
    expect((await connectionOf(options)).id).toBe('main')
    expect((await connectionOf(options, { url: 'postgres://eva@h/d' })).id).toBe('main')
    expect((await connectionOf(options, { database: 'e' })).id).toBe('direct.h.e')
    expect((await connectionOf(options, { url: 'postgres://h2/d' })).id).toBe('direct.h2.d')
  })

  test('a source of another find is refused instead of being looked for elsewhere', async () => {
    const environment = open({ url: 'postgres://h/d' })
    const source = await environment.find({})
    await expect(environment.connection({ ...source })).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('direct: a service', () => {
  let folder: string
  const file =
    '# comment\n[shop]\nhost = h1\nport=5433\ndbname=d1\nuser=u1\n\n[other]\nhost=h2\n[bad]\nldap://x/secret\n'
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'respaldo-service-'))
    await writeFile(join(folder, 'pg_service.conf'), file)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('beats the variables, as in libpq, and is settled here', async () => {
    const env = {
      PGSERVICE: 'shop',
      PGSERVICEFILE: join(folder, 'pg_service.conf'),
      PGHOST: 'h0',
      PGPASSWORD: 'p',
    }
    const { env: settled, database } = await connectionOf({ env })
    expect(database).toBe('d1')
    expect(settled).toMatchObject({ PGHOST: 'h1', PGPORT: '5433', PGUSER: 'u1', PGPASSWORD: 'p' })
    expect(settled).not.toHaveProperty('PGSERVICE')
  })

  test('does not touch an address, unless that names it', async () => {
    const env = { PGSERVICE: 'shop', PGSYSCONFDIR: folder, HOME: folder }
    expect((await connectionOf({ url: 'postgres://h9/d9', env })).place).toMatchObject({
      host: 'h9',
      database: 'd9',
    })
    const named = await connectionOf({ url: 'postgres:///d9?service=other', env })
    expect(named.place).toMatchObject({ host: 'h2', database: 'd9' })
  })

  test('that does not exist says where it was looked for', async () => {
    const env = { PGSERVICE: 'nowhere', PGSYSCONFDIR: folder, HOME: folder }
    const failing = connectionOf({ env })
    await expect(failing).rejects.toMatchObject({
      code: 'config-invalid',
      hint: expect.stringContaining(folder),
    })
  })

  test('that cannot be read quotes nothing', () => {
    expect(() => parseService(file, 'bad', 'F')).toThrow(
      'The service bad of F has a line that cannot be used',
    )
    expect(parseService(file, 'none', 'F')).toBeUndefined()
  })
})

describe('direct: find', () => {
  test('without any word there is nothing, and no guess', async () => {
    const environment = open({ env: { PGUSER: 'ana', PGSSLMODE: 'require' } })
    expect(await Array.fromAsync(environment.sources())).toEqual([])
    await expect(environment.find({})).rejects.toMatchObject({ code: 'source-not-found' })
  })

  test('with one, that is the only source', async () => {
    const environment = open({ env: { PGHOST: 'h', PGDATABASE: 'd' }, reason: 'PGHOST' })
    const sources = await Array.fromAsync(environment.sources())
    expect(sources).toMatchObject([{ id: 'direct.h.d', reason: 'PGHOST' }])
    expect((await environment.find({ source: 'direct.h.d' })).id).toBe('direct.h.d')
    await expect(environment.find({ source: 'pc_db' })).rejects.toMatchObject({ code: 'source-not-found' })
    await expect(environment.find({ container: 'c' })).rejects.toMatchObject({ code: 'input-invalid' })
  })
})

describe('direct: what client tools find', () => {
  test('of libpq only what is passed to them', async () => {
    const env = {
      PATH,
      HOME: '/home/ana',
      PGHOST: 'h',
      PGSERVICE: 's',
      DATABASE_URL: 'postgres://x:y@z',
      LANG: 'C',
    }
    const environment = open({ url: 'postgres://h/d', env })
    const shell = environment.shell(await environment.find({}))
    const { stdout } = shell.exec({ argv: ['env'], env: { PGAPPNAME: 'me' } })
    const seen = (await collect(stdout)).toString().trim().split('\n').sort()
    expect(seen).toEqual(['HOME=/home/ana', 'LANG=C', `PATH=${PATH}`, 'PGAPPNAME=me'])
    expect(shell.local).toBe(true)
  })

  test('a tool that is missing is told with what to install', async () => {
    const environment = open({ url: 'postgres://h/d', env: { PATH: '/nowhere' } })
    const { stdout } = environment.shell(await environment.find({})).exec({ argv: ['pg_dump'] })
    await expect(stdout.next()).rejects.toMatchObject({
      code: 'command-failed',
      hint: expect.stringContaining('Install the PostgreSQL client tools'),
    })
  })
})
