import { describe, expect, test } from 'vitest'
import { commandFailed, commandName, redact } from './command-failure.ts'
import { openStderrTail } from './stderr-tail.ts'

describe('a failed command', () => {
  test('says what, where, how and what it said last', () => {
    const ending = { exitCode: 1, stderr: 'pg_dump: detail\npg_dump: error: no' }
    const error = commandFailed({ argv: ['pg_dump', '-Fc'] }, 'in the container pc_db', ending)
    expect(error.message).toBe('pg_dump failed in the container pc_db (exit status 1): pg_dump: error: no')
    expect(error.context).toMatchObject({ argv: ['pg_dump', '-Fc'], exitCode: 1, stderr: ending.stderr })
  })

  test.for([
    [{ exitCode: 127 }, /Install the PostgreSQL client tools here/],
    [{ exitCode: 126 }, /may not be run/],
    [{ exitCode: 137 }, /memory/],
    [{ exitCode: undefined, signal: 'SIGKILL' }, /memory/],
  ] as const)('%j has a hint', ([ending, hint]) => {
    expect(commandFailed({ argv: ['pg_dump'] }, 'here', { ...ending, stderr: '' }).hint).toMatch(hint)
  })

  test('a shell script is called by its $0', () => {
    expect(commandName({ argv: ['sh', '-c', 'x', 'pg_dump | zstd', 'pg_dump'] })).toBe('pg_dump | zstd')
    expect(commandName({ argv: ['sh', '-c', 'x'] })).toBe('sh')
  })
})

describe('redact', () => {
  const env = { PGPASSWORD: 'hunter22', AWS_SECRET_ACCESS_KEY: 'abc/def', PGUSER: 'ana' }
  test.for([
    ['login as ana with hunter22 failed', 'login as ana with *** failed'],
    ['postgres://ana:p%40ss@h/d', 'postgres://ana:***@h/d'],
    ['postgres://ana:p@ss@h/d', 'postgres://ana:***@h/d'],
    ['host=h password=x1 user=y', 'host=h password=*** user=y'],
    ["password='a b' user=y", 'password=*** user=y'],
    ["CREATE ROLE a PASSWORD 'SCRAM''x' LOGIN", 'CREATE ROLE a PASSWORD *** LOGIN'],
    ['key abc/def', 'key ***'],
    [
      'FATAL:  password authentication failed for user "ana"',
      'FATAL:  password authentication failed for user "ana"',
    ],
    ['fe_sendauth: no password supplied', 'fe_sendauth: no password supplied'],
  ] as const)('%s', ([text, expected]) => {
    expect(redact(text, env)).toBe(expected)
  })

  test('a password that is a public name too is left, or no message could be read', () => {
    expect(redact('database "postgres" does not exist', { PGPASSWORD: 'postgres', PGUSER: 'postgres' })).toBe(
      'database "postgres" does not exist',
    )
  })
})

describe('the tail of stderr', () => {
  test('is whole lines, the last ones', () => {
    const tail = openStderrTail(10)
    for (const piece of ['first\nsec', 'ond\nthird\n']) tail.add(Buffer.from(piece))
    expect(tail.text()).toBe('third')
  })

  test('is all of it where that is short', () => {
    const tail = openStderrTail(10)
    tail.add(Buffer.from('a\nb'))
    expect(tail.text()).toBe('a\nb')
  })

  test('of one endless line is its end', () => {
    const tail = openStderrTail(4)
    tail.add(Buffer.from('abcdefgh'))
    expect(tail.text()).toBe('efgh')
  })
})
