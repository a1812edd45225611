import { expect, test } from 'vitest'
import { RespaldoError } from '../errors.ts'
import type { Row } from '../postgres/database.ts'
import { runChecks } from './trial-checks.ts'

const { signal } = new AbortController()
const asked = (answer: Row[] | Error, ...checks: Parameters<typeof runChecks>[2]) => {
  const rows = async () => {
    if (answer instanceof Error) throw answer
    return answer
  }
  return runChecks({ rows }, 'run', checks, signal)
}

test.each([
  [true, undefined],
  [41, 41],
  ['41', '41'],
  [null, null],
  [false, false],
])('%j is what is expected by %j', async (value, expect_) => {
  await expect(asked([{ value }], { sql: 'SELECT', expect: expect_ })).resolves.toBeUndefined()
})

test.each([
  [false, undefined],
  [41, '41'],
  [null, undefined],
])('%j is not what is expected by %j', async (value, expect_) => {
  await expect(asked([{ value }], { sql: 'SELECT', expect: expect_ })).rejects.toMatchObject({
    code: 'data-corrupt',
  })
})

test.each([
  ['no row', []],
  ['two rows', [{ a: true }, { a: true }]],
  ['two columns', [{ a: true, b: true }]],
  ['SQL that fails', new RespaldoError('command-failed', 'syntax error')],
])('%s is a wrong configuration', async (_, answer) => {
  await expect(asked(answer, { sql: 'SELECT 1' })).rejects.toMatchObject({ code: 'config-invalid' })
})
