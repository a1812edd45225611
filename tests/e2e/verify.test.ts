import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli, type Finished } from './cli.ts'

const engine = testEngine()

interface Backup {
  id: string
  source: { id: string }
}
interface Outcome {
  id: string
  level: string
  verdict: string
  problems: { object: string; takesDown: string[] }[]
}

describe.skipIf(!engine)('verify', () => {
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17', env: { POSTGRES_DB: 'pc_db' } })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql(`CREATE TABLE t AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, 50000) n;
      CREATE SCHEMA "odd one"; CREATE TABLE "odd one"."a.b" (x int); SELECT lo_from_bytea(0, '\\x00')`)
  })
  afterAll(async () => {
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const create = async (...more: string[]): Promise<Backup> => {
    const made = await cli(['create', '--container', server.name, '--json', ...more], env)
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    return made.json<{ backup: Backup }>().backup
  }
  const fileOf = ({ id, source }: Backup, name: string) =>
    join(env.BACKUP_DIR!, 'sources', source.id, id, name)
  const failed = (finished: Finished) => {
    const { error } = finished.json<{ error: { code: string; context: { verified: Outcome[] } } }>()
    expect([finished.exitCode, error.code]).toEqual([20, 'data-corrupt'])
    return error.context.verified
  }
  /** The column PROVEN, newest first. */
  const proven = async (...more: string[]) => {
    const { stdout } = await cli(['list', ...more], env)
    const [head = '', ...lines] = stdout.trimEnd().split('\n')
    const column = [head.indexOf('PROVEN'), head.indexOf('KEPT BY')] as const
    return lines.map(line => line.slice(...column).trim())
  }

  test('proves a chain, names what is damaged and what that takes down, and sees it mended', async () => {
    const full = await create()
    await server.sql(`UPDATE t SET text = reverse(text) WHERE id % 5000 = 1`)
    const incremental = await create('--verify', 'checked')
    const plain = await create('--format', 'plain', '--verify', 'readable')
    expect(await proven()).toEqual(['readable', 'checked', 'no'])

    const said = await cli(['verify', '--all', '--no-color'], env)
    expect(said, said.stderr).toMatchObject({ exitCode: 0 })
    expect(said.stdout.split('\n')[0]).toMatch(
      new RegExp(`^${full.source.id}/${full.id}: readable, .* in .* s; 2 tables, 50000 rows$`),
    )
    expect(await proven()).toEqual(['readable', 'readable', 'readable'])

    const data = fileOf(full, 'database.dump.zst')
    const bytes = await readFile(data)
    const harmed = Buffer.from(bytes)
    harmed[harmed.length >> 1]! ^= 1
    await writeFile(data, harmed)
    const outcomes = failed(await cli(['verify', '--all', '--level', 'checked', '--json'], env))
    expect(outcomes.map(({ id, verdict }) => [id, verdict])).toEqual([
      [full.id, 'failed'],
      [incremental.id, 'failed'],
      [plain.id, 'passed'],
    ])
    expect(outcomes[0]!.problems).toMatchObject([
      { takesDown: [incremental, full].map(({ id, source }) => `${source.id}/${id}`) },
    ])
    expect(await proven()).toEqual(['readable', 'FAILED', 'FAILED'])

    await writeFile(data, bytes)
    const again = await cli(['verify', incremental.id, '--json'], env)
    expect(again.json()).toMatchObject({
      verified: [{ id: incremental.id, verdict: 'passed', problems: [] }],
    })
    expect(await proven()).toEqual(['readable', 'readable', 'FAILED'])

    const manifest = fileOf(full, 'manifest.json')
    await rename(manifest, `${manifest}.elsewhere`)
    const broken = await cli(['verify', incremental.id], env)
    expect(broken).toMatchObject({ exitCode: 20, stdout: '' })
    expect(broken.stderr).toContain(`${full.id}/manifest.json is missing`)
  })

  test('proves by a restore what is proven, and what the configuration asks of it', async () => {
    const dir = ['--dir', join(folder, 'restored')]
    const made = await cli(['create', '--container', server.name, '--verify', 'restored', ...dir], env)
    expect(made, made.stderr).toMatchObject({ exitCode: 0 })
    expect(made.stdout).toMatch(/ {2}restored in a container of .*; 2 tables, 50000 rows\n/)
    expect(await proven(...dir)).toEqual(['restored 0 min ago'])
    const listed = await cli(['list', '--json', '--verbose', ...dir], env)
    expect(listed.json()).toMatchObject({
      backups: [
        {
          proven: true,
          proof: { passed: { level: 'restored' } },
          proofs: [{ level: 'restored', evidence: { restored: { compared: { tables: 2, rows: 50_000 } } } }],
        },
      ],
    })

    const config = join(folder, 'respaldo.yaml')
    await writeFile(config, 'checks: [{ sql: SELECT count(*) FROM t, expect: 7 }]\n')
    const asked = ['create', '--container', server.name, '--verify', 'restored', '--config', config, '--json']
    const outcomes = failed(await cli([...asked, ...dir], env))
    expect(outcomes).toMatchObject([{ level: 'restored', verdict: 'failed' }])
    expect(await proven(...dir)).toEqual(['FAILED', 'restored 0 min ago'])
  })

  test('refuses what it cannot do', async () => {
    const code = async (...argv: string[]) => {
      const finished = await cli(['verify', '--json', ...argv], env)
      return [finished.exitCode, finished.json<{ error: { code: string } }>().error.code]
    }
    expect(await code('nothing')).toEqual([4, 'backup-not-found'])
    expect(await code('--level', 'blessed')).toEqual([2, 'input-invalid'])
    expect(await code('latest', '--all')).toEqual([2, 'input-invalid'])
    expect(await code('--dir', join(folder, 'nowhere'))).toEqual([10, 'repository-not-found'])
  })
})
