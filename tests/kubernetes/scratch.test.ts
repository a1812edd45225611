import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { drain } from '#lib/bytes'
import type { ScratchWishes, ShellEnvironment } from '#lib/environment/environment'
import { kubernetesEnvironment } from '#lib/environment/kubernetes'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { allowed } from './access.ts'
import { openTestCluster, type TestCluster } from './cluster.ts'
import { serverImage } from './containers.ts'

const engine = testEngine()
const maker = { host: 'here', pid: 7, startedAt: 'boot/1' }

describe.skipIf(!engine)('kubernetes: a scratch server', () => {
  let cluster: TestCluster
  let server: PostgresContainer
  let environment: ShellEnvironment
  let wishes: ScratchWishes
  const made = () => cluster.pods.map(({ json }) => json.metadata?.name).filter(name => name !== 'db-0')

  beforeAll(async () => {
    cluster = await openTestCluster(engine!.docker)
    server = await startPostgres(engine!, {
      version: '17',
      env: { POSTGRES_USER: 'ana', POSTGRES_DB: 'shop' },
    })
    cluster.add({ name: 'db-0', container: server.id, image: await serverImage(engine!) })
    environment = kubernetesEnvironment({ variables: { KUBECONFIG: await cluster.kubeconfig() } })
  })
  beforeEach(async () => {
    cluster.accounts.set('good', allowed)
    const { place } = await environment.find({ pod: 'db-0' })
    const settings = { max_locks_per_transaction: '99' }
    const run = `20260101t000000z-${Math.random().toString(16).slice(2, 10)}`
    wishes = { run, place, settings, databaseBytes: 8e6, maker, isPlaceLost: false, isAlive: () => true }
  })
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await server?.remove()
  })

  // The stand-in refuses what the restricted standard does.
  test.for([false, true])(
    "has the source's image, role and settings, the place lost: %j",
    async isPlaceLost => {
      const asked = { ...wishes, user: 'ana', isPlaceLost }
      {
        await using scratch = await environment.scratch(asked)
        expect(scratch).toMatchObject({ isolated: true, connection: { user: 'ana', database: 'shop' } })
        expect(made()).toEqual([`respaldo-scratch-${wishes.run}`])
        const sql = `DO $$ BEGIN ASSERT current_setting('max_locks_per_transaction') = '99';
        ASSERT current_setting('max_logical_replication_workers') = '0'; ASSERT inet_server_addr() IS NULL; END $$`
        const { env } = scratch.connection
        await drain(scratch.shell.exec({ argv: ['psql', '-Xqc', sql], env }).stdout)
      }
      expect(made()).toEqual([])
    },
  )

  test('goes when it does not start, and its last words are told', async () => {
    const settings = { shared_preload_libraries: 'nothing_of_this_name' }
    await expect(environment.scratch({ ...wishes, settings })).rejects.toMatchObject({
      code: 'environment-unavailable',
      message: expect.stringMatching(/ended before it was ready: .*nothing_of_this_name/),
    })
    expect(made()).toEqual([])
  })

  test('goes when its image cannot be had', async () => {
    const place = { ...wishes.place, image: 'registry.invalid/postgres:17' }
    await expect(environment.scratch({ ...wishes, place, isPlaceLost: true })).rejects.toMatchObject({
      message: expect.stringContaining('ImagePullBackOff, Back-off pulling image'),
    })
    expect(made()).toEqual([])
  })

  test('goes when the run is cancelled', async () => {
    const abort = new AbortController()
    const making = environment.scratch(wishes, abort.signal)
    await expect.poll(made, { timeout: 10_000 }).toHaveLength(1)
    abort.abort()
    await expect(making).rejects.toMatchObject({ code: 'cancelled' })
    expect(made()).toEqual([])
  })

  test('is refused with what is missing where pods may not be made', async () => {
    cluster.accounts.set('good', {
      ...allowed,
      may: ({ verb, resource }) => verb !== 'create' || resource !== 'pods',
    })
    await expect(environment.scratch(wishes)).rejects.toMatchObject({
      code: 'environment-unavailable',
      hint: expect.stringContaining('needs create on pods in namespace shop'),
    })
  })

  test('of a dead process is removed by the next; of a living one, and of others, stays', async () => {
    const leave = (name: string, annotations: Record<string, string>) =>
      cluster.add({
        name,
        metadata: { name, namespace: 'shop', labels: { 'respaldo.dev/made-for': 'scratch' }, annotations },
      })
    leave('dead', { 'respaldo.dev/maker': JSON.stringify({ ...maker, pid: 1 }) })
    leave('living', { 'respaldo.dev/maker': JSON.stringify({ ...maker, pid: 2 }) })
    leave('somebodys', {})
    const isAlive: ScratchWishes['isAlive'] = ({ pid }) => pid !== 1
    await (await environment.scratch({ ...wishes, isAlive }))[Symbol.asyncDispose]()
    expect(made()).toEqual(['living', 'somebodys'])
  })
})
