import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestCluster, type TestCluster } from '../kubernetes/cluster.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli } from './cli.ts'

const engine = testEngine()

describe.skipIf(!engine).for(['v5', 'v4'] as const)('a database in a pod, over %s', protocol => {
  let cluster: TestCluster
  let server: PostgresContainer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    cluster = await openTestCluster(engine!.docker)
    cluster.protocols = [`${protocol}.channel.k8s.io`]
    server = await startPostgres(engine!, {
      version: '17',
      env: { POSTGRES_DB: 'pc_db', POSTGRES_USER: 'ana', POSTGRES_PASSWORD: 's3cr3t' },
    })
    const { Config } = await engine!.docker.getContainer(server.id).inspect()
    cluster.add({ name: 'db-0', container: server.id, image: Config.Image })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-pods-'))
    env = {
      KUBECONFIG: await cluster.kubeconfig(),
      BACKUP_DIR: join(folder, 'backups'),
      DOCKER_HOST: 'unix:///nowhere',
    }
    await server.sql(`CREATE TABLE usuarios (usuario_id int PRIMARY KEY, nombre text NOT NULL);
      INSERT INTO usuarios SELECT n, 'usuario ' || n FROM generate_series(1, 5000) n;`)
  })
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await server?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  test('is found, backed up, restored and verified', async () => {
    const made = await cli(['create', '--json'], env)
    expect(made).toMatchObject({ exitCode: 0 })
    const created = made.json<{ backup: { source: { id: string } } }>()
    expect(created).toMatchObject({
      backup: { source: { id: 'kubernetes.shop.db-0.pc_db' }, totals: { tables: 1, rows: 5000 } },
    })
    await server.sql('DELETE FROM usuarios WHERE usuario_id > 10')
    expect(await cli(['restore', 'latest', '--yes', '--json'], env)).toMatchObject({ exitCode: 0 })
    expect(await server.sql('SELECT count(*) FROM usuarios')).toBe('5000')

    const again = await cli(['create', '--pod', 'db-0', '--namespace', 'shop', '--json'], env)
    expect(again.json()).toMatchObject({ backup: { type: 'incremental' } })

    const verified = await cli(['verify', 'latest', '--level', 'restored', '--json'], env)
    expect(verified).toMatchObject({ exitCode: 0 })
    const drill = ['drill', '--scenario', 'database-lost', '--scenario', 'server-lost', '--json']
    expect(await cli(drill, env)).toMatchObject({ exitCode: 0 })
    expect(cluster.pods.map(({ json }) => json.metadata?.name)).toEqual(['db-0'])
  })

  test('is meant by the configuration, and with its whole server', async () => {
    const config = join(folder, 'respaldo.yaml')
    const source = {
      name: 'crm',
      environment: 'kubernetes',
      namespace: 'shop',
      selector: 'app=crm',
      context: 'test',
    }
    await writeFile(config, JSON.stringify({ sources: [{ ...source, databases: 'all' }] }))
    cluster.pods[0]!.json.metadata!.labels = { app: 'crm' }
    const made = await cli(['create', 'crm', '--config', config, '--json'], env)
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    expect(made.json()).toMatchObject({
      databases: [{ backup: { source: { place: { context: 'test', pod: 'db-0', database: 'pc_db' } } } }],
    })
    const unknown = await cli(['create', '--pod', 'db-0', '--context', 'nowhere', '--json'], env)
    expect(unknown).toMatchObject({ exitCode: 2 })
  })

  test('shows in status, and no request line has a secret', async () => {
    const status = await cli(['status', '--json'], env)
    expect(status.json()).toMatchObject({
      environments: [
        { name: 'docker', error: { code: 'environment-unavailable' } },
        { name: 'kubernetes', sources: [{ id: 'kubernetes.shop.db-0.pc_db', lastBackup: { rows: 5000 } }] },
      ],
    })
    expect(cluster.audit.join()).not.toMatch(/s3cr3t|SELECT/)
  })
})
