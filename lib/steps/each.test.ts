import { describe, expect, test } from 'vitest'
import { emptyServices } from '../../tests/doubles/services.ts'
import { RespaldoError } from '../errors.ts'
import { each } from './each.ts'

const task = { what: 'database' as const, done: 'backed up', failed: 'Try again.', facts: { serverRun: 'r' } }

const opened = (signal = new AbortController().signal) => ({
  services: emptyServices(),
  report: () => {},
  signal,
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
    expect(await each(['a', 'bb'], task, opened(), fails())).toEqual([
      { database: 'a', length: 1 },
      { database: 'bb', length: 2 },
    ])
  })

  test('goes on after a failure and fails at the end, with all that was done', async () => {
    await expect(each(['a', 'bb', 'c'], task, opened(), fails('a', 'c'))).rejects.toMatchObject({
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
    await expect(each(['a', 'b'], task, opened(stop.signal), work)).rejects.toMatchObject({
      code: 'cancelled',
      message: 'stopped',
    })
    expect(seen).toEqual(['a'])
  })
})
