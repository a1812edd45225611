import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type Docker from 'dockerode'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { collect } from '#lib/bytes'
import { ensureImage } from '../testbed/images.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { startSleeper } from '../testbed/volume-bench.ts'
import { cli, type Finished, startCli } from './cli.ts'

const engine = testEngine()
const project = `app${process.pid}`
const compose = (service: string, dependsOn = '') => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
  'com.docker.compose.depends_on': dependsOn,
})

interface Recovered {
  stopped: string[]
  databases: { database: string; restored: { rows: number; kept?: string } }[]
  left: { name: string; why: string }[]
}

describe.skipIf(!engine)('what uses a database rests, and goes on whatever happens', () => {
  let folder: string
  let env: Record<string, string>
  let db: PostgresContainer
  const clients = new Map<string, Docker.Container>()

  const inspect = (name: string) => clients.get(name)!.inspect()
  const states = async () =>
    Object.fromEntries(
      await Promise.all(
        [...clients.keys()].map(async name => [name, (await inspect(name)).State.Status] as const),
      ),
    )
  const going = { web: 'running', api: 'running', job: 'exited' }
  const run = (...args: string[]) => cli([...args, '--json'], env)
  const rows = () => db.sql('SELECT count(*) FROM big')
  const entries = async () =>
    (await readdir(join(folder, 'backups', 'journal', 'quiesce')).catch(() => [])).filter(name =>
      name.endsWith('.json'),
    )

  /** What became of the clients, in order. */
  async function eventsSince(since: number): Promise<string[]> {
    const names = new Map([...clients].map(([name, { id }]) => [id, name]))
    const filters = { container: [...names.keys()], event: ['die', 'start', 'health_status'] }
    const until = Date.now() / 1000
    const events = (await engine!.docker.getEvents({ since, until, filters })) as Readable
    const lines = (await collect(events)).toString().trim().split('\n')
    return lines
      .map(line => JSON.parse(line) as { Action: string; Actor: { ID: string } })
      .map(({ Action, Actor }) => `${Action} ${names.get(Actor.ID)}`)
  }

  /** Kills the command line when its dump is on its way, and so all clients are at rest. */
  async function killedIn(signal: NodeJS.Signals, ...args: string[]): Promise<Finished> {
    const started = startCli([...args, '--json'], env)
    await started.said(/Backing up|Swapping the names/)
    expect(await states()).toEqual({ web: 'exited', api: 'exited', job: 'exited' })
    started.kill(signal)
    return started.finished
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    db = await startPostgres(engine!, { env: { POSTGRES_DB: 'shop' }, labels: compose('db') })
    await db.sql(
      `CREATE TABLE big AS SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 200000) n`,
    )
    const image = await ensureImage(engine!, 'postgres:17')
    const client = { 'respaldo.client-of': db.name, 'respaldo.source': 'false' }
    clients.set(
      'api',
      await startSleeper(engine!, {
        image,
        Labels: { ...client, ...compose('api', 'db:service_started:false') },
        Entrypoint: ['sh', '-c', 'rm -f /tmp/well; sleep 0.5; touch /tmp/well; exec sleep 3600'],
        Healthcheck: { Test: ['CMD', 'test', '-e', '/tmp/well'], Interval: 2e8, Retries: 100, Timeout: 5e9 },
      }),
    )
    clients.set(
      'web',
      await startSleeper(engine!, {
        image,
        Labels: { ...client, ...compose('web', 'api:service_healthy:false') },
        HostConfig: { RestartPolicy: { Name: 'always' } },
      }),
    )
    clients.set('job', await startSleeper(engine!, { image, Labels: { ...client, ...compose('job') } }))
    await clients.get('job')!.stop()
    while ((await inspect('api')).State.Health?.Status !== 'healthy') await setTimeout(100)
  })
  afterEach(async () => {
    expect(await states()).toEqual(going)
    expect(await entries()).toEqual([])
  })
  afterAll(async () => {
    await Promise.all([...clients.values()].map(one => one.remove({ force: true })))
    await db?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  test('create --stop: dependents first and last, health waited for, restart policies kept', async () => {
    const since = Date.now() / 1000
    const made = await run('create', '--container', db.name, '--stop')
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    expect(await eventsSince(since)).toEqual([
      'die web',
      'die api',
      'start api',
      'health_status: healthy api',
      'start web',
    ])
    expect((await inspect('web')).HostConfig.RestartPolicy?.Name).toBe('always')
  })

  test('create --stop that is told to end', async () => {
    expect(
      await killedIn('SIGTERM', 'create', '--container', db.name, '--stop', '--force-full'),
    ).toMatchObject({
      exitCode: 130,
    })
  })

  test('create --stop that is killed: the next command starts them, and says so', async () => {
    const killed = await killedIn('SIGKILL', 'create', '--container', db.name, '--stop', '--force-full')
    expect(killed).toMatchObject({ signal: 'SIGKILL' })
    const next = await run('list')
    expect(next.json<{ warnings: { message: string }[] }>().warnings).toMatchObject([
      { message: expect.stringContaining('started again') },
    ])
  })

  test('create --stop that is killed: so does serve when it starts', async () => {
    await killedIn('SIGKILL', 'create', '--container', db.name, '--stop', '--force-full')
    const served = startCli(['serve', '--port', '0'], env)
    await served.said(/started again/)
    served.kill('SIGTERM')
    await served.finished
  })

  test('restore --stop, and one that fails', async () => {
    await db.sql('DELETE FROM big WHERE n > 10')
    const failed = await run('restore', 'latest', '--stop')
    expect(failed).toMatchObject({ exitCode: 8 })
    const { StartedAt } = (await inspect('api')).State
    const restored = await run('restore', 'latest', '--stop', '--yes')
    expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
    expect(await rows()).toBe('200000')
    expect((await inspect('api')).State.StartedAt).not.toBe(StartedAt)
  })

  test('recover: the services rest, the database goes on and is restored, what did not run stays so', async () => {
    await db.sql('DROP TABLE big')
    const plan = await run('recover', project, '--dry-run')
    expect(plan.json()).toMatchObject({
      plan: {
        stops: [expect.any(String), expect.any(String)],
        restores: [{ source: expect.any(String) }],
        left: [],
      },
    })
    expect(await run('recover', project)).toMatchObject({ exitCode: 8 })
    const [before, database] = [await inspect('api'), await engine!.docker.getContainer(db.id).inspect()]
    const recovered = await run('recover', project, '--yes')
    expect(recovered, recovered.stdout).toMatchObject({ exitCode: 0 })
    const { stopped, databases } = recovered.json<Recovered>()
    expect(stopped).toHaveLength(2)
    expect(databases).toMatchObject([{ restored: { rows: 200_000 } }])
    expect(await rows()).toBe('200000')
    expect((await inspect('api')).State.StartedAt).not.toBe(before.State.StartedAt)
    const after = await engine!.docker.getContainer(db.id).inspect()
    expect(after.State.StartedAt).toBe(database.State.StartedAt)
  })

  test('recover starts a database that did not run; a project that is not there is not found', async () => {
    await db.stop()
    const recovered = await run('recover', project, '--yes')
    expect(recovered, recovered.stdout).toMatchObject({ exitCode: 0 })
    expect(await rows()).toBe('200000')
    expect(await run('recover', 'nothing', '--yes')).toMatchObject({ exitCode: 4 })
  })
})
