import { describe, expect, test } from 'vitest'
import { ownServer, readSettings } from './server-settings.ts'

const files: Record<string, string> = { '/run/secrets/password': 'from a file', '/run/secrets/user': 'ana' }
const read = async (file: string) => files[file]

describe("a container's settings", () => {
  const cases: [Record<string, string>, object][] = [
    [{}, { user: 'postgres', database: 'postgres', password: undefined }],
    [{ POSTGRES_PASSWORD: 'x' }, { user: 'postgres', database: 'postgres', password: 'x' }],
    [{ POSTGRES_USER: 'ana' }, { user: 'ana', database: 'ana' }],
    [
      { POSTGRES_USER: 'ana', POSTGRES_DB: 'shop' },
      { user: 'ana', database: 'shop' },
    ],
    [{ POSTGRES_PASSWORD_FILE: '/run/secrets/password' }, { password: 'from a file' }],
    [{ POSTGRES_USER_FILE: '/run/secrets/user' }, { user: 'ana', database: 'ana' }],
    [{ POSTGRES_PASSWORD: 'x', POSTGRES_PASSWORD_FILE: '/none' }, { password: 'x' }],
    [
      { POSTGRESQL_USERNAME: 'eva', POSTGRESQL_PASSWORD: 'y', POSTGRESQL_DATABASE: 'd' },
      { user: 'eva', password: 'y', database: 'd' },
    ],
    [{ POSTGRESQL_PASSWORD_FILE: '/run/secrets/password' }, { password: 'from a file' }],
  ]
  test.for(cases)('%j', async ([env, expected]) => {
    expect(await readSettings(env, read)).toMatchObject(expected)
  })
})

describe('the way to the own server', () => {
  const settings = { user: 'ana', password: 'x', database: 'shop' }
  const way = (env: Record<string, string>, given = {}, port?: number) =>
    ownServer({ env, port }, settings, given, 'shop').env

  test('is the socket, with the password, which some images ask for there', () => {
    expect(way({})).toEqual({ PGUSER: 'ana', PGDATABASE: 'shop', PGPASSWORD: 'x' })
  })

  test('keeps a port, a folder of sockets and loopback; another host is never followed', () => {
    expect(way({}, {}, 5433)).toMatchObject({ PGPORT: '5433' })
    expect(way({ PGHOST: '/tmp' })).toMatchObject({ PGHOST: '/tmp' })
    expect(way({ PGHOST: 'localhost' })).toMatchObject({ PGHOST: 'localhost' })
    expect(way({ PGHOST: 'db', PGHOSTADDR: '10.0.0.1' })).toMatchObject({ PGHOST: '', PGHOSTADDR: '' })
  })

  test("the container's password goes to no other user", () => {
    expect(way({}, { user: 'eva' })).not.toHaveProperty('PGPASSWORD')
    expect(way({}, { user: 'eva', password: 'z' })).toMatchObject({ PGUSER: 'eva', PGPASSWORD: 'z' })
    expect(way({}, { password: 'z' })).toMatchObject({ PGUSER: 'ana', PGPASSWORD: 'z' })
  })
})
