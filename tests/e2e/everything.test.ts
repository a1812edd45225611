import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everythingSecrets, everythingSql } from '../fixtures/everything.ts'
import { collectFacts, diffFacts, type Facts } from '../fixtures/facts.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli } from './cli.ts'

const engine = testEngine()

describe.skipIf(!engine).each([15, 17] as const)('one of everything on PostgreSQL %d', major => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>
  let before: Facts
  let backup: { id: string; source: { id: string } }
  const facts = (database = 'everything') => collectFacts(text => server.sql(text, { database }))

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: `${major}` })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql('CREATE DATABASE everything TEMPLATE template0')
    await server.sql(everythingSql(major), { database: 'everything' })
    before = await facts()
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  test('is backed up without a secret in manifest, output or error', async () => {
    const made = await cli(
      ['create', '--container', server.name, '--database', 'everything', '--json', '--verbose'],
      env,
    )
    expect(made).toMatchObject({ exitCode: 0 })
    backup = made.json<{ backup: typeof backup }>().backup
    const manifest = await readFile(
      join(env.BACKUP_DIR!, 'sources', backup.source.id, backup.id, 'manifest.json'),
      'utf8',
    )
    for (const secret of [server.password, ...everythingSecrets])
      for (const text of [manifest, made.stdout, made.stderr]) expect(text).not.toContain(secret)
    expect(Buffer.byteLength(manifest)).toBeLessThan(2048)
  })

  test('comes back by a swap, identical fact by fact', async () => {
    await server
      .sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public', { database: 'everything' })
      .catch(() => {})
    const restored = await cli(
      ['restore', `${backup.source.id}/${backup.id}`, '--subscriptions', '--yes', '--json'],
      env,
    )
    expect(restored.stderr + restored.stdout).not.toContain('error')
    expect(restored).toMatchObject({ exitCode: 0 })
    expect(diffFacts(before, await facts())).toEqual([])
  })

  test('comes back in place, identical fact by fact', async () => {
    const restored = await cli(
      ['restore', `${backup.source.id}/${backup.id}`, '--in-place', '--subscriptions', '--yes', '--json'],
      env,
    )
    expect(restored.stderr).not.toContain('command-failed')
    expect(restored).toMatchObject({ exitCode: 0 })
    expect(diffFacts(before, await facts())).toEqual([])
  })

  test('comes back from the scripts of an export, but for what SQL text does not say', async () => {
    const file = join(folder, 'everything.tar.gz')
    const exported = await cli(['export', `${backup.source.id}/${backup.id}`, '--to', file, '--json'], env)
    expect(exported, exported.stdout).toMatchObject({ exitCode: 0 })
    const target = ['--container', server.name, '--into', 'scripts', '--json']
    const restored = await cli(['restore', '--file', file, ...target], env)
    expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
    const lost = diffFacts(before, await facts('scripts'))
    expect(lost.filter(fact => !/^(?:database|subscription) /.test(fact))).toEqual([])
  })
})
