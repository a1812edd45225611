import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readSettings } from './settings.ts'

async function retention(yaml: string, variables: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-settings-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const config = join(folder, 'respaldo.yaml')
  await writeFile(config, yaml)
  const { stdin, stdout, stderr } = process
  const outside = {
    version: '0',
    variables,
    stdin,
    stdout,
    stderr,
    signal: new AbortController().signal,
    onHangup: () => {},
  }
  return readSettings({ config }, outside, 'cli').retention
}

test('rules of the retention come from the configuration and, before it, from variables', async () => {
  const variables = {
    RETENTION_DAILY: '1',
    RETENTION_WEEKLY: ' 2 ',
    RETENTION_MONTHLY: '0',
    RETENTION_FULL: '3',
    RETENTION_DAYS: '30',
  }
  const yaml =
    'retention: { daily: 9, yearly: 5, last: 1, minimum: 2, safetyDays: 3, scheme: calendar, defaults: false }'
  expect(await retention(yaml, variables)).toEqual({
    daily: 1,
    weekly: 2,
    monthly: 0,
    yearly: 5,
    full: 3,
    days: 30,
    last: 1,
    minimum: 2,
    safetyDays: 3,
    scheme: 'calendar',
    defaults: false,
  })
})

test('a variable that is empty says nothing', async () => {
  expect(await retention('retention: { daily: 9 }', { RETENTION_DAILY: '' })).toEqual({ daily: 9 })
  expect(await retention('', { RETENTION_DAILY: ' ' })).toEqual({})
})

test.each(['-1', '1.5', 'seven', '1e3', '7 days'])('RETENTION_DAILY cannot be %s', async text => {
  await expect(retention('', { RETENTION_DAILY: text })).rejects.toMatchObject({
    code: 'input-invalid',
    message: `RETENTION_DAILY cannot be ${text}`,
  })
})

test.each([
  ['daily: -1', 'retention.daily'],
  ['weekly: 1.5', 'retention.weekly'],
  ['hourly: 1', 'retention.hourly'],
  ['scheme: weekly', 'retention.scheme'],
])('the configuration cannot say %s', async (rule, place) => {
  await expect(retention(`retention: { ${rule} }`, {})).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining(`${place}: `),
  })
})
