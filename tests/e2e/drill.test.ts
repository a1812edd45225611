import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli } from './cli.ts'

const engine = testEngine()

interface Drill {
  drill: {
    verdict: string
    results: {
      scenario: string
      verdict: string
      backup: string
      recoveryTime: number
      recoveryPointAge: number
      evidence: { where: string; compared: { rows: number }; seconds: Record<string, number> }
    }[]
  }
  kept: { json: string; page: string }
}

describe.skipIf(!engine)('a drill', () => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>
  const create = async (...more: string[]) => {
    const made = await cli(
      ['create', '--container', server.name, '--database', '<shop>', '--json', ...more],
      env,
    )
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    return made.json<{ backup: { id: string; source: { id: string } } }>().backup
  }

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17' })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql('CREATE ROLE owner; CREATE DATABASE "<shop>" OWNER owner')
    const sql = `CREATE TABLE t (id int PRIMARY KEY, name text); ALTER TABLE t OWNER TO owner; INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 500) n`
    await server.sql(sql, { database: '<shop>' })
  })
  afterAll(async () => {
    await server?.remove().catch(() => {}) // the last test has lost it
    if (folder) await rm(folder, { recursive: true })
  })

  test('of one chain alone fails where the newest backup is damaged, and says so in its report', async () => {
    const { source } = await create()
    const failed = await cli(['drill', source.id, '--scenario', 'newest-damaged', '--json'], env)
    expect(failed).toMatchObject({ exitCode: 20 })
    const { error } = failed.json<{ error: { message: string; context: Drill } }>()
    expect(error.message).toContain('backups of one chain only')
    expect(error.context.drill).toMatchObject({ verdict: 'failed', results: [{ verdict: 'failed' }] })
    expect(await readdir(join(env.BACKUP_DIR!, 'drills'))).toHaveLength(2)
  })

  test('plays every scenario, the last one without the server', async () => {
    await server.sql('INSERT INTO t VALUES (501)', { database: '<shop>' })
    const newest = await create('--force-full')
    const scenarios = ['--scenario', 'database-lost', '--scenario', 'newest-damaged']
    const first = await cli(['drill', '--json', ...scenarios], env)
    expect(first, first.stdout).toMatchObject({ exitCode: 0 })
    const [lost, damaged] = first.json<Drill>().drill.results
    expect(lost).toMatchObject({ backup: newest.id, evidence: { compared: { rows: 501 } } })
    expect(lost).not.toHaveProperty('newestProven')
    const proof = await cli(['verify', newest.id, '--level', 'restored', '--json'], env)
    expect(proof, proof.stdout).toMatchObject({ exitCode: 0 })
    expect(damaged).toMatchObject({ evidence: { compared: { rows: 500 } } })
    await server.remove()
    const second = await cli(['drill', newest.source.id, '--scenario', 'server-lost', '--json'], env)
    expect(second, second.stdout).toMatchObject({ exitCode: 0 })
    const { drill, kept } = second.json<Drill>()
    const { evidence, recoveryTime, recoveryPointAge } = drill.results[0]!
    expect(drill.results[0]).toMatchObject({ newestProven: { backup: newest.id, age: recoveryPointAge } })
    const { read, dumps, checks, ...recovery } = evidence.seconds
    const sum = Object.values(recovery).reduce((total, seconds) => total + seconds, 0)
    expect(recoveryTime).toBeCloseTo(sum, 2)
    expect(Object.keys(recovery)).toEqual(
      expect.arrayContaining(['scratch', 'roles', 'schema', 'data', 'indexes']),
    )
    expect(recoveryPointAge).toBeGreaterThan(0)
    expect(evidence.where).toMatch(/^a container of /)
    expect([read, dumps, checks].every(seconds => seconds !== undefined)).toBe(true)
    const page = await readFile(join(env.BACKUP_DIR!, kept.page), 'utf8')
    expect(page).toContain('passed')
    expect(JSON.parse(await readFile(join(env.BACKUP_DIR!, kept.json), 'utf8'))).toEqual(drill)
  })
})
