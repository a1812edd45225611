import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silent } from '#lib/events'
import { databaseBackup } from '#lib/repository/manifest'
import { openServices } from '#lib/services'
import { trialRestore } from '#lib/steps/trial-restore'
import { isAlive, thisHolder } from '../../runner/liveness.ts'
import { cli } from '../e2e/cli.ts'
import { template } from './embedded-folders.ts'

const sql = `CREATE ROLE staff; CREATE SCHEMA odd; CREATE TABLE odd.t (id serial PRIMARY KEY, name text DEFAULT 'a');
  INSERT INTO odd.t (name) SELECT 'row ' || n FROM generate_series(1, 200) n; CREATE VIEW v AS SELECT id FROM odd.t;
  CREATE TABLE empty (); GRANT SELECT ON odd.t TO staff; SELECT lo_from_bytea(4242, 'content')`

let database: Awaited<ReturnType<typeof template>>
let env: Record<string, string>

beforeAll(async () => {
  database = await template(sql)
  process.env.TMPDIR = join(database.folder, '..') // where nobody else's run comes and goes
  env = { BACKUP_DIR: join(database.folder, '..', 'backups') }
  expect(await cli(['create', '--folder', database.folder, '--json'], env)).toMatchObject({ exitCode: 0 })
})
afterAll(() => database?.[Symbol.asyncDispose]())

const scratches = async () => (await readdir(tmpdir())).filter(name => name.startsWith('respaldo-scratch-'))

async function trial(checks: { sql: string; expect?: number }[], signal = new AbortController().signal) {
  const services = openServices({
    configuration: { checks },
    directory: env.BACKUP_DIR!,
    profile: 'development',
    origin: 'cli',
    version: 'test',
    variables: {},
    retention: {},
    holder: thisHolder(),
    isAlive,
  })
  const repository = await services.repository({ create: false })
  const manifest = databaseBackup(await repository.find('latest'))
  return trialRestore({ services, report: silent, signal }, { repository, manifest })
}

test('an embedded database comes back in a second one, of which nothing stays', async () => {
  const checks = [{ sql: 'SELECT count(*) FROM odd.t', expect: 200 }, { sql: 'SELECT true' }]
  expect(await trial(checks)).toMatchObject({
    where: 'a second PGlite database',
    compared: { tables: 2, rows: 200, checks: 2, largeObjects: 1, wording: true },
  })
  expect(await scratches()).toEqual([])
})

test('a check that fails is told, and what dead processes left is removed', async () => {
  const dead = await mkdtemp(join(tmpdir(), 'respaldo-scratch-'))
  await writeFile(
    join(dead, 'maker.json'),
    JSON.stringify({ ...thisHolder(), startedAt: `${thisHolder().startedAt}0` }),
  )
  await expect(trial([{ sql: 'SELECT count(*) FROM odd.t', expect: 1 }])).rejects.toMatchObject({
    code: 'data-corrupt',
    message: expect.stringContaining('gives 200 instead of 1'),
  })
  expect(await scratches()).not.toContain(dead.split('/').at(-1))
})
