import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { drain } from '#lib/bytes'
import type { Command, Shell } from '#lib/environment/environment'
import { kubernetesEnvironment } from '#lib/environment/kubernetes'
import { execIn } from '../testbed/exec.ts'
import { testEngine } from '../testbed/provided.ts'
import { openTestCluster, type TestCluster } from './cluster.ts'
import { serverImage, sleeping } from './containers.ts'
import { kubeconfigOf } from './kubeconfig.ts'

const engine = testEngine()

describe.skipIf(!engine)('kubernetes: what goes wrong while a command runs', () => {
  let cluster: TestCluster
  let container: Docker.Container
  let shell: Shell
  const begin = async (script?: string) => {
    container = await sleeping(engine!, await serverImage(engine!), script ? { script } : {})
    cluster = await openTestCluster(engine!.docker)
    cluster.add({ name: 'db-0', container: container.id })
    const environment = kubernetesEnvironment({ variables: { KUBECONFIG: await cluster.kubeconfig() } })
    shell = environment.shell(await environment.find({ pod: 'db-0', database: 'postgres' }))
  }
  beforeAll(() => begin())
  afterEach(() => {
    cluster.faults = {}
    cluster.protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
  })
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await container?.remove({ force: true, v: true })
  })
  const survivors = async () => {
    const { stdout } = await execIn(engine!.docker, container.id, ['ps', '-eo', 'args'])
    return stdout.split('\n').filter(args => /^(head|yes|sleep 7200)/.test(args))
  }
  const run = (argv: Command['argv'], more: Partial<Command> = {}) =>
    drain(shell.exec({ argv, ...more }).stdout)

  // In good order, as a proxy does it that has had enough.
  test.for([1_000, 1_000_000, 3_333_333])(
    'a connection cut after %i bytes is never a whole output',
    async bytes => {
      cluster.faults = { cut: { bytes } }
      const running = shell.exec({ argv: ['head', '-c', '50000000', '/dev/zero'] })
      await expect(drain(running.stdout)).rejects.toMatchObject({
        code: 'command-failed',
        message: expect.stringMatching(/was cut: the connection ended without a status/),
      })
      await expect(running.finished).rejects.toMatchObject({ code: 'command-failed' })
      await expect.poll(survivors).toEqual([])
    },
  )

  test('a silent command whose connection is cut does not go on', async () => {
    cluster.faults = { cut: { milliseconds: 500 } }
    await expect(run(['sleep', '7200'])).rejects.toMatchObject({ code: 'command-failed' })
    await expect.poll(survivors, { timeout: 5000 }).toEqual([])
  })

  // The last bytes of the output are not those of the command, so their loss is seen.
  test.for([1, 25, 5_000])('%i bytes lost before a status of success are noticed', async lostBytes => {
    cluster.faults = { lostBytes }
    await expect(run(['head', '-c', '100000', '/dev/zero'])).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('was cut'),
    })
  })

  test('a program that is missing, and its exit status', async () => {
    await expect(run(['pg_nothing'])).rejects.toMatchObject({
      code: 'command-failed',
      context: { exitCode: 127 },
      hint: expect.stringContaining('in the pod shop/db-0'),
    })
  })

  test('a container that restarts under a command is named as the reason', async () => {
    const reading = run(['sleep', '7200'])
    await wait(700)
    await Promise.all([
      expect(reading).rejects.toMatchObject({
        code: 'source-unreachable',
        message: expect.stringMatching(
          /^The pod shop\/db-0 (was restarted|does not run any more.*) while sleep ran$/,
        ),
      }),
      container.restart({ t: 0 }),
    ])
    await expect
      .poll(() =>
        run(['true']).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
  })

  test('a pod that is deleted under a command is named as the reason, and by the next', async () => {
    const [pod] = cluster.pods
    const reading = run(['sleep', '7200'])
    await wait(700)
    cluster.pods.length = 0
    await Promise.all([
      expect(reading).rejects.toMatchObject({
        code: 'source-unreachable',
        message: 'The pod shop/db-0 is gone',
      }),
      container.restart({ t: 0 }),
    ])
    await expect(run(['true'])).rejects.toMatchObject({
      code: 'source-unreachable',
      message: 'The pod shop/db-0 is gone',
    })
    cluster.pods.push(pod!)
  })

  test('a container without what ends an input over v4 refuses it, and takes it over v5', async () => {
    const stdin = () =>
      (async function* () {
        yield Buffer.from('all of it')
      })()
    await run(['mv', '/usr/bin/base64', '/tmp/base64'])
    await run(['cat'], { stdin: stdin() })
    cluster.protocols = ['v4.channel.k8s.io']
    await expect(run(['cat'], { stdin: stdin() })).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('base64 is needed'),
    })
    await run(['true'])
    await run(['mv', '/tmp/base64', '/usr/bin/base64'])
  })

  test('a container without a shell says so', async () => {
    const shells = ['/bin/sh', '/usr/bin/sh', '/bin/dash', '/usr/bin/dash', '/bin/bash', '/usr/bin/bash']
    await execIn(engine!.docker, container.id, ['rm', '-f', ...shells])
    await expect(run(['true'])).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('true was not started in the container postgres'),
      hint: expect.stringContaining('need sh'),
    })
  })

  test('a cluster that goes away under a command', async () => {
    await container.remove({ force: true, v: true })
    await cluster[Symbol.asyncDispose]()
    await begin()
    const reading = run(['sleep', '7200'])
    await wait(700)
    await Promise.all([
      expect(reading).rejects.toMatchObject({
        code: 'environment-unavailable',
        message: expect.stringContaining('cannot be reached'),
      }),
      cluster[Symbol.asyncDispose](),
    ])
  })
})

test('kubernetes: a cluster that takes connections and says nothing does not hold anybody for ever', async () => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => void sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-silent-'))
  const path = join(folder, 'config')
  await writeFile(path, JSON.stringify(kubeconfigOf({ server: `https://127.0.0.1:${port}` })))
  try {
    const environment = kubernetesEnvironment({ variables: { KUBECONFIG: path } })
    await expect(environment.find({})).rejects.toMatchObject({
      code: 'environment-unavailable',
      message: expect.stringContaining('it did not answer in time'),
    })
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
    await rm(folder, { recursive: true })
  }
})
