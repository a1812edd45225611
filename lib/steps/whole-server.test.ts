import { describe, expect, test } from 'vitest'
import { emptyServices } from '../../tests/doubles/services.ts'
import { RespaldoError } from '../errors.ts'
import type { RunEvent } from '../events.ts'
import { chosenNames, databaseChoice, eachDatabase } from './whole-server.ts'

const task = { done: 'backed up', failed: 'Try again.', facts: { serverRun: 'r' } }

const opened = (signal = new AbortController().signal) => {
  const events: RunEvent[] = []
  return { services: emptyServices(), report: (event: RunEvent) => void events.push(event), signal, events }
}

describe('the choice of databases', () => {
  test.each([
    [{}, undefined, undefined],
    [{ allDatabases: true }, undefined, {}],
    [{ allDatabases: true, exclude: ['a'] }, undefined, { exclude: ['a'] }],
    [{}, { include: ['a'], exclude: ['b'] }, { include: ['a'], exclude: ['b'] }],
    [{ include: ['c'] }, { include: ['a'], exclude: ['b'] }, { include: ['c'], exclude: ['b'] }],
    [{ allDatabases: true }, { include: ['a'] }, {}],
    [{ allDatabases: false }, { include: ['a'] }, undefined],
  ])('of %j with %j configured is %j', (said, configured, expected) => {
    expect(databaseChoice(said, configured)).toEqual(expected)
  })

  test('contradicts the name of one, and patterns need something to choose from', () => {
    expect(() => databaseChoice({ allDatabases: true, database: 'a' })).toThrow('exclude each other')
    expect(() => databaseChoice({ include: ['a'] })).toThrow('choose among all databases')
  })

  test('of none is an error that says what there is, and of a pattern without effect a warning', () => {
    const context = opened()
    expect(() => chosenNames(['a', 'b'], { include: ['c'] }, context)).toThrow('None of the databases')
    expect(chosenNames(['a', 'b'], { include: ['a', 'c*'] }, context)).toEqual(['a'])
    expect(context.events).toEqual([{ type: 'warning', message: 'No database is called c*' }])
  })
})

describe('the same for each database', () => {
  const fails =
    (...names: string[]) =>
    async (name: string): Promise<{ length: number }> => {
      if (names.includes(name))
        throw new RespaldoError('command-failed', `no ${name}`, { hint: `Mend ${name}.` })
      return { length: name.length }
    }

  test('gives what each gave', async () => {
    expect(await eachDatabase(['a', 'bb'], task, opened(), fails())).toEqual([
      { database: 'a', length: 1 },
      { database: 'bb', length: 2 },
    ])
  })

  test('goes on after a failure and fails at the end, with all that was done', async () => {
    await expect(eachDatabase(['a', 'bb', 'c'], task, opened(), fails('a', 'c'))).rejects.toMatchObject({
      code: 'command-failed',
      message: '2 of 3 databases could not be backed up: a (no a); c (no c)',
      hint: 'These were: bb. Try again. Mend a.',
      context: {
        serverRun: 'r',
        databases: [
          { database: 'bb', length: 2 },
          { database: 'a', error: { code: 'command-failed', message: 'no a', hint: 'Mend a.' } },
          { database: 'c', error: { code: 'command-failed', message: 'no c', hint: 'Mend c.' } },
        ],
      },
    })
  })

  test('stops when it is cancelled', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const work = async (name: string) => {
      seen.push(name)
      stop.abort()
      throw new RespaldoError('cancelled', 'stopped')
    }
    await expect(eachDatabase(['a', 'b'], task, opened(stop.signal), work)).rejects.toMatchObject({
      code: 'cancelled',
      message: 'stopped',
    })
    expect(seen).toEqual(['a'])
  })
})
