import { expect, test } from 'vitest'
import { emptyServices } from '../tests/doubles/services.ts'
import { exportBackup } from './export.ts'

const called = async (input: object, origin: 'http' | 'cli') => {
  const init = { method: 'POST', body: JSON.stringify(input) }
  const answer = await exportBackup.app.request('/', init, emptyServices({ origin }))
  return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code]
}

test('only the command line says where the file goes', async () => {
  expect(await called({ to: '/etc/x.sql' }, 'http')).toEqual([403, 'forbidden'])
  expect(await called({}, 'http')).toEqual([404, 'repository-not-found'])
})

test.each([{ format: 'zip' }, { level: -1 }, { level: 'high' }, { level: 1.5 }, { tu: 'x.sql' }])(
  'refuses %j',
  async input => {
    expect(await called(input, 'cli')).toEqual([400, 'input-invalid'])
  },
)
