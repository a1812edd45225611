import { describe, expect, test } from 'vitest'
import { emptyServices } from '../tests/doubles/services.ts'
import { restore } from './restore.ts'

const post = async (input: Record<string, unknown>) => {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(input) }
  const answer = await restore.app.request('/', init, emptyServices({ origin: 'cli' }))
  return { status: answer.status, ...((await answer.json()) as { error: { code: string; message: string } }) }
}

describe('the restore of a whole server', () => {
  test.each([
    [{ into: 'copy' }, 'into and allDatabases exclude each other'],
    [{ undo: true, tables: ['t'] }, 'undo, tables and allDatabases exclude each other'],
    [{ file: 'all.sql' }, 'file and allDatabases exclude each other'],
    [{ database: 'shop' }, 'database and allDatabases exclude each other'],
    [{ dropFirst: true }, 'dropFirst is a way of restoring in place'],
  ])('with %j is refused', async (more, message) => {
    const { status, error } = await post({ allDatabases: true, ...more })
    expect([status, error.code, error.message]).toEqual([400, 'input-invalid', message])
  })

  test('needs the word, and a repository', async () => {
    expect(await post({ include: ['shop'] })).toMatchObject({ error: { code: 'input-invalid' } })
    expect(await post({ allDatabases: true, undo: false })).toMatchObject({
      error: { code: 'repository-not-found' },
    })
  })
})
