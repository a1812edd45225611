import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import { testEngine } from '../testbed/provided.ts'
import { openBench, type VolumeBench } from '../testbed/volume-bench.ts'

const engine = testEngine()
const script = fileURLToPath(new URL('./killed-volume.ts', import.meta.url))

describe.skipIf(!engine)('docker: a process that is killed while it reads a volume', () => {
  let bench: VolumeBench<'origin'>

  beforeAll(async () => {
    bench = await openBench(engine!, ['origin'])
  })
  afterAll(() => bench?.remove())

  test('leaves what the next sweep removes, and nothing else', async () => {
    const scratch = `${bench.names.origin}-scratch`
    const child = spawn(process.execPath, [script, engine!.socketPath, bench.names.origin, scratch])
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
    const own = async () => {
      const filters = { label: [`respaldo.scratch.pid=${child.pid}`, 'respaldo.scratch.started=killed'] }
      const containers = await engine!.docker.listContainers({ all: true, filters })
      const { Volumes } = await engine!.docker.listVolumes({ filters })
      return [...containers.map(({ State }) => State), ...Volumes.map(({ Name }) => Name)]
    }
    expect(await own()).toEqual(['created', scratch])
    const maker = { host: 'here', pid: process.pid, startedAt: 'test' }
    const volumes = dockerVolumes({ socketPath: engine!.socketPath }, maker)
    await volumes.sweep(({ pid }) => (pid === child.pid ? true : undefined))
    expect(await own()).toEqual(['created', scratch])
    await volumes.sweep(({ pid }) => (pid === child.pid ? false : undefined))
    expect(await own()).toEqual([])
    await volumes.volume({ environment: 'docker', volume: bench.names.origin }).inspect()
  })
})
