import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RespaldoError } from '../errors.ts'
import { parseDatabaseUrl } from './direct-url.ts'
import { type LibpqOptions, libpqVariables } from './libpq-options.ts'

describe('an address', () => {
  const cases: [string, LibpqOptions][] = [
    ['postgres://', {}],
    ['postgresql://localhost', { host: 'localhost' }],
    [
      'postgres://ana:s3cret@db.example.com:5433/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem',
      {
        user: 'ana',
        password: 's3cret',
        host: 'db.example.com',
        port: '5433',
        dbname: 'shop',
        sslmode: 'verify-full',
        sslrootcert: '/etc/ca.pem',
      },
    ],
    [
      'postgres://a%40b:p%2F%3F%23%25w%C3%B1@h/my%20db',
      { user: 'a@b', password: 'p/?#%wñ', host: 'h', dbname: 'my db' },
    ],
    ['postgres://ana:p@ss:word@h/d', { user: 'ana', password: 'p@ss:word', host: 'h', dbname: 'd' }],
    ['postgres://ana@/d?host=/var/run/postgresql', { user: 'ana', dbname: 'd', host: '/var/run/postgresql' }],
    ['postgres://%2Fvar%2Frun/d', { host: '/var/run', dbname: 'd' }],
    ['postgres:///d', { dbname: 'd' }],
    ['postgres://:5433/d', { port: '5433', dbname: 'd' }],
    ['postgres://[::1]:5433/d', { host: '::1', port: '5433', dbname: 'd' }],
    [
      'postgres://h1:1,h2:2/d?target_session_attrs=read-write',
      { host: 'h1,h2', port: '1,2', dbname: 'd', target_session_attrs: 'read-write' },
    ],
    ['postgres://h1,h2/d', { host: 'h1,h2', dbname: 'd' }],
    ['postgres://h/d?ssl=true', { host: 'h', dbname: 'd', sslmode: 'require' }],
    ['postgres://h/d?dbname=e&password=x%26y', { host: 'h', dbname: 'e', password: 'x&y' }],
    ['postgres://h/d?application_name=a=b', { host: 'h', dbname: 'd', application_name: 'a=b' }],
  ]
  test.for(cases)('%s', ([url, options]) => {
    expect(parseDatabaseUrl(url)).toEqual(options)
  })

  test('takes any user, password and database that are percent-encoded', () => {
    const word = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter(text => !text.includes('\0') && text.isWellFormed())
    fc.assert(
      fc.property(word, word, word, (user, password, dbname) => {
        const [a, b, c] = [user, password, dbname].map(encodeURIComponent)
        expect(parseDatabaseUrl(`postgres://${a}:${b}@h/${c}`)).toEqual({ user, password, host: 'h', dbname })
      }),
    )
  })
})

describe('a bad address', () => {
  const cases = [
    ['mysql://ana:hunter22@h/d', 'does not begin'],
    ['ana:hunter22@h/d', 'does not begin'],
    ['postgres://ana:hunter22@h:99999/d', 'the port'],
    ['postgres://ana:hunter22@h:54a2/d', 'the host and port'],
    ['postgres://ana:hunter22@h/d?schema=public', 'the option schema is not one of libpq'],
    ['postgres://ana:hunter22@h/d?sslpassword=x', 'the option sslpassword cannot be passed'],
    ['postgres://ana:hunter22@h/d?sslmode', 'the option sslmode has no value'],
    ['postgres://ana:hunter22%zz@h/d', 'the password is not percent-encoded'],
    ['postgres://ana:hunter22%00@h/d', 'the password is not percent-encoded'],
    ['postgres://ana:hunter22/x@h/d', 'the host and port'],
    ['postgres://ana:hunter22?x@h/d', 'the host and port'],
    ['postgres://ana:22?hunter22@h/d', 'an odd name'],
    ['postgres://ana:22?hunter22=x&y@h/d', 'an odd name'],
  ] as const
  test.for(cases)('%s', ([url, why]) => {
    const error = errorOf(url)
    expect(error).toMatchObject({ code: 'input-invalid' })
    expect(error.message).toContain(why)
  })

  test('is never quoted: no error holds the password', () => {
    const secret = 'hunter22'
    const noise = fc.string({
      unit: fc.constantFrom('/', '?', '#', '%', '@', ':', '=', '&', '[', ']', 'a', '1'),
      maxLength: 6,
    })
    fc.assert(
      fc.property(noise, noise, noise, (before, after, end) => {
        const error = errorOf(`postgres://ana:${before}${secret}${after}@h${end}`)
        if (error) expect(JSON.stringify([error.message, error.hint, error.context])).not.toContain(secret)
      }),
      { numRuns: 3000 },
    )
  })
})

test('every option has its variable, once', () => {
  expect(new Set(Object.values(libpqVariables)).size).toBe(Object.keys(libpqVariables).length)
})

function errorOf(url: string): RespaldoError {
  try {
    parseDatabaseUrl(url)
  } catch (error) {
    expect(error).toBeInstanceOf(RespaldoError)
    return error as RespaldoError
  }
  return undefined as unknown as RespaldoError
}
