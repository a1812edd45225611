import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkedSettings } from './checked-settings.ts'
import { problemsIn } from './problems.ts'

async function settings(
  files: Readonly<Record<string, string>>,
  { variables = {}, profile }: { variables?: Record<string, string>; profile?: string } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-configuration-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const { stdin, stdout, stderr } = process
  const { signal } = new AbortController()
  const outside = { version: '0', variables, stdin, stdout, stderr, signal, onHangup: () => {} }
  return checkedSettings({ config: join(folder, 'respaldo.yaml'), ...(profile ? { profile } : {}) }, outside)
}

const files = {
  'respaldo.yaml': 'profile: production\nretention: { daily: 1, weekly: 2 }',
  'respaldo.production.yaml': 'retention: { daily: 30 }',
  'respaldo.staging.yaml': 'retention: { weekly: 5 }',
  '.env': 'BACKUP_DIR=/common\nPOSTGRES_USER=common\nPOSTGRES_DB=common\n',
  '.env.production': 'POSTGRES_USER=production\nPOSTGRES_DB=production\n',
}

test("the profile's file lies over the common one; set variables beat its .env, which beats the common one", async () => {
  const read = await settings(files, { variables: { POSTGRES_DB: 'set' } })
  expect(read.settings).toMatchObject({
    profile: 'production',
    directory: '/common',
    retention: { daily: 30, weekly: 2 },
    variables: { POSTGRES_USER: 'production', POSTGRES_DB: 'set' },
  })
  expect(read.files.files.map(file => file.split('/').at(-1))).toEqual([
    'respaldo.yaml',
    'respaldo.production.yaml',
    '.env',
    '.env.production',
  ])
})

test.each([
  ['a flag', { profile: 'staging', variables: { RESPALDO_PROFILE: 'development' } }, 'staging', '1'],
  ['a variable', { variables: { RESPALDO_PROFILE: 'staging' } }, 'staging', '1'],
])('the profile is chosen by %s before the file', async (_, given, profile, daily) => {
  const { settings: read } = await settings(files, given)
  expect([read.profile, read.retention]).toEqual([profile, { daily: Number(daily), weekly: 5 }])
})

test('the common .env may choose the profile', async () => {
  const { settings: read } = await settings({ ...files, '.env': 'RESPALDO_PROFILE=staging' })
  expect([read.profile, read.variables.POSTGRES_USER]).toEqual(['staging', undefined])
})

test('problems of variables, of the files and of what schedules run are told together', async () => {
  const text = `
retenion: {}
schedules:
  a: { run: craete, every: dayly }
  b: { every: hourly, input: { sorce: shop, url: 'postgres://host/db' }, then: [verfy, { run: verify, input: { level: 3 } }] }
  c: { run: list, every: hourly }`
  const error = await settings({ 'respaldo.yaml': text }, { variables: { RETENTION_DAILY: 'x' } }).catch(
    error => error,
  )
  expect(error).toMatchObject({ code: 'config-invalid' })
  const told = problemsIn(error)
  for (const problem of [
    'retenion: is not known; did you mean retention?',
    'RETENTION_DAILY cannot be x',
    'schedules.a.every: has to be',
    'schedules.a.run: there is no function craete; did you mean create?',
    'schedules.b.input.url: can be given on the command line only',
    'schedules.b.input: create: Unrecognized key: "sorce"',
    'schedules.b.then.0.run: there is no function verfy; did you mean verify?',
    'schedules.b.then.1.input: level: Invalid option',
    'schedules.c.run: list only reads',
  ])
    expect(
      told.filter(one => one.includes(problem)),
      problem,
    ).toHaveLength(1)
  expect(told).toHaveLength(9)
})
