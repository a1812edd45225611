import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import type { Rest } from '#lib/volumes/volume'
import { execIn } from '../testbed/exec.ts'
import { ensureImage } from '../testbed/images.ts'
import { testEngine } from '../testbed/provided.ts'
import { startSleeper, testLabels } from '../testbed/volume-bench.ts'

const engine = testEngine()
const mark = randomBytes(3).toString('hex')
const named = (name: string) => `respaldo-test-${mark}-${name}`
const project = { 'com.docker.compose.project': named('project') }
const service = (name: string) => ({ ...project, 'com.docker.compose.service': name })

describe.skipIf(!engine)('docker: workloads', () => {
  const maker = { host: 'here', pid: process.pid, startedAt: 'test' }
  const { workloads } = dockerVolumes(engine ? { socketPath: engine.socketPath } : {}, maker)
  const containers: Docker.Container[] = []
  const limit = { limitMilliseconds: 20_000 }
  const ids = new Map<string, string>()
  const of = (name: string) => ({ name: named(name), id: ids.get(name)!, kind: 'container' as const })
  const start = async (name: string, more: Docker.ContainerCreateOptions = {}) => {
    const image = await ensureImage(engine!, 'postgres:17')
    const container = await startSleeper(engine!, { name: named(name), image, ...more })
    containers.push(container)
    ids.set(name, container.id)
    return container
  }
  const state = async (name: string) => (await engine!.docker.getContainer(named(name)).inspect()).State
  const rested = async (name: string, rest: Rest) => {
    const halted = await workloads.remember(of(name), rest)
    await workloads.halt(halted)
    return halted
  }

  beforeAll(async () => {
    await engine!.docker.createVolume({ Name: named('data'), Labels: testLabels() })
    const mounts = { HostConfig: { Binds: [`${named('data')}:/data`] } }
    await start('db', { Labels: service('db') })
    await start('cache', { Labels: service('cache') })
    await start('web', {
      ...mounts,
      Labels: {
        ...service('web'),
        'com.docker.compose.depends_on': 'db:service_healthy:false,cache:service_started:true',
        'respaldo.client-of': `other, ${named('db')}`,
        'respaldo.stop': 'true',
        'respaldo.exec-before': 'echo flush',
      },
    })
    await start('worker', { ...mounts, Labels: { 'respaldo.pause': '', 'respaldo.stop': 'false' } })
    const stopped = await start('stopped', mounts)
    await stopped.stop({ t: 0 })
  })
  afterAll(async () => {
    await Promise.allSettled(containers.map(container => container.remove({ force: true, v: true })))
    await engine?.docker.getVolume(named('data')).remove()
  })

  describe('who they are', () => {
    const web = () => ({
      workload: of('web'),
      running: true,
      rest: 'stop',
      execBefore: 'echo flush',
      execAfter: undefined,
      dependsOn: [named('cache'), named('db')],
    })
    const none = { rest: undefined, execBefore: undefined, execAfter: undefined, dependsOn: [] }

    test('those that mount a volume, with what their labels ask for', async () => {
      expect(await workloads.usersOf({ environment: 'docker', volume: named('data') })).toEqual([
        { ...none, workload: of('stopped'), running: false },
        web(),
        { ...none, workload: of('worker'), running: true, rest: 'pause' },
      ])
    })

    test('those that are clients of a database', async () => {
      expect(await workloads.clientsOf(named('db'))).toEqual([web()])
      expect(await workloads.clientsOf(named('d'))).toEqual([])
    })

    test('one that was known, as it is now; another one of its name is not it', async () => {
      expect(await workloads.look(of('web'))).toEqual(web())
      expect(await workloads.look({ ...of('web'), id: '0'.repeat(64) })).toBe(undefined)
    })

    test('those of a project', async () => {
      const found = await workloads.ofProject(named('project'))
      expect(found.map(({ workload }) => workload.name)).toEqual(['cache', 'db', 'web'].map(named))
    })
  })

  describe('rest and come back', () => {
    test.for(['stop', 'pause'] as const)('%s, twice, and back, twice', async rest => {
      const halted = await rested('cache', rest)
      await workloads.halt(halted)
      expect(await state('cache')).toMatchObject({ Paused: rest === 'pause', Running: rest === 'pause' })
      await workloads.resume(JSON.parse(JSON.stringify(halted)), limit)
      await workloads.resume(halted, limit)
      expect(await state('cache')).toMatchObject({ Paused: false, Running: true })
    })

    test('one that is always restarted stays stopped until it is brought back', async () => {
      await start('always', { HostConfig: { RestartPolicy: { Name: 'always' } } })
      const halted = await rested('always', 'stop')
      await wait(500)
      expect((await state('always')).Running).toBe(false)
      await workloads.resume(halted, limit)
      expect((await state('always')).Running).toBe(true)
    })

    test('one that is paused can be stopped', async () => {
      await rested('cache', 'pause')
      const halted = await rested('cache', 'stop')
      // By its own signal, not by KILL.
      expect(await state('cache')).toMatchObject({ Paused: false, Running: false, ExitCode: 130 })
      await workloads.resume(halted, limit)
    })

    test('one that was paused and then stopped by somebody is started', async () => {
      const halted = await rested('cache', 'pause')
      await engine!.docker.getContainer(named('cache')).stop({ t: 0 })
      await workloads.resume(halted, limit)
      expect(await state('cache')).toMatchObject({ Paused: false, Running: true })
    })

    test('one that is still being stopped by a dead run is started after that', async () => {
      await start('stubborn', {
        Entrypoint: ['sh', '-c', 'trap "" TERM INT; while :; do sleep 0.1; done'],
        StopTimeout: 2,
        HostConfig: { Init: false },
      })
      await wait(300)
      const { StartedAt } = await state('stubborn')
      const stopping = engine!.docker.getContainer(named('stubborn')).stop()
      await wait(300)
      await workloads.resume({ workload: of('stubborn'), rest: 'stop' }, limit)
      await stopping
      await wait(300)
      const after = await state('stubborn')
      expect(after.Running).toBe(true)
      expect(after.StartedAt).not.toBe(StartedAt)
    })

    test('health is waited for, and named when it does not come', async () => {
      await start('ill', {
        Entrypoint: ['sh', '-c', 'while [ ! -e /well ]; do sleep 0.1; done; : > /healthy; exec sleep 3600'],
        Healthcheck: { Test: ['CMD', 'test', '-e', '/healthy'], Interval: 2e8, Retries: 100, Timeout: 5e9 },
      })
      const halted = await rested('ill', 'stop')
      await expect(workloads.resume(halted, { limitMilliseconds: 1500 })).rejects.toMatchObject({
        code: 'timed-out',
        message: expect.stringContaining(`${named('ill')} is not healthy`),
      })
      await execIn(engine!.docker, named('ill'), ['touch', '/well'])
      await workloads.resume(halted, limit)
      expect((await state('ill')).Health?.Status).toBe('healthy')
    })

    test('one that ends at once is no success, unless it is a job that succeeds', async () => {
      await start('failing', { Entrypoint: ['sh', '-c', 'exit 3'] })
      await expect.poll(async () => (await state('failing')).Running).toBe(false)
      await expect(
        workloads.resume({ workload: of('failing'), rest: 'stop' }, { limitMilliseconds: 5000 }),
      ).rejects.toMatchObject({
        code: 'source-unreachable',
        hint: `docker logs ${named('failing')}`,
      })
      await start('job', { Entrypoint: ['true'] })
      await workloads.resume({ workload: of('job'), rest: 'stop' }, limit)
    })

    test('one that is gone is said to be gone', async () => {
      const gone = await start('gone')
      const halted = await rested('gone', 'stop')
      await gone.remove()
      const { id } = halted.workload
      await start('gone') // another one
      ids.set('gone', id)
      const failure = {
        code: 'source-unreachable',
        message: expect.stringContaining(`${named('gone')} is gone`),
      }
      await expect(workloads.resume(halted, limit)).rejects.toMatchObject(failure)
      await expect(workloads.halt(halted)).rejects.toMatchObject(failure)
      await expect(workloads.remember(of('gone'), 'stop')).rejects.toMatchObject(failure)
    })

    test('one that goes when it stops is paused or left alone', async () => {
      await start('once', { HostConfig: { AutoRemove: true } })
      await expect(workloads.remember(of('once'), 'stop')).rejects.toMatchObject({
        code: 'input-invalid',
        hint: expect.stringContaining('--pause'),
      })
      await workloads.resume(await rested('once', 'pause'), limit)
    })

    test('nothing is halted once the run is told to end', async () => {
      const halted = await workloads.remember(of('cache'), 'stop')
      await expect(workloads.halt(halted, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
      expect((await state('cache')).Running).toBe(true)
    })
  })

  describe('run a command', () => {
    test('by their shell', async () => {
      await workloads.run(of('cache'), 'echo much; echo "$((1 + 1))" > /tmp/ran', limit)
      expect((await execIn(engine!.docker, named('cache'), ['cat', '/tmp/ran'])).stdout).toBe('2\n')
    })

    test('that fails with what it said', async () => {
      await expect(workloads.run(of('cache'), 'echo no >&2; exit 4', limit)).rejects.toMatchObject({
        code: 'command-failed',
        message: expect.stringMatching(new RegExp(`${named('cache')} \\(exit status 4\\): no`)),
      })
    })

    test('that takes no longer than it may', async () => {
      const running = workloads.run(of('cache'), 'sleep 3601', { limitMilliseconds: 500 })
      await expect(running).rejects.toMatchObject({
        code: 'timed-out',
        message: expect.stringContaining(named('cache')),
      })
      const left = async () =>
        (await execIn(engine!.docker, named('cache'), ['ps', '-eo', 'args'])).stdout.includes('sleep 3601')
      await expect.poll(left).toBe(false)
    })
  })
})
