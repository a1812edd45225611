import { expect, test } from 'vitest'
import { RespaldoError, toRespaldoError } from './errors.ts'

test('what failed first is told, not what failed while it was cleared up after that', async () => {
  const first = new RespaldoError('command-failed', 'first')
  const work = async () => {
    await using _ = { [Symbol.asyncDispose]: () => Promise.reject(new Error('second')) }
    throw first
  }
  expect(toRespaldoError(await work().catch(error => error))).toBe(first)
})
