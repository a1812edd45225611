import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { drain } from '#lib/bytes'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import { type EngineProxy, openEngineProxy } from '../testbed/engine-proxy.ts'
import { testEngine } from '../testbed/provided.ts'
import { openBench, type VolumeBench } from '../testbed/volume-bench.ts'

const engine = testEngine()
const maker = { host: 'here', pid: process.pid, startedAt: `test/${process.pid}` }

describe.skipIf(!engine)('docker: the connection of a volume breaks', () => {
  let bench: VolumeBench<'origin' | 'copy'>
  let proxy: EngineProxy
  const volume = (key: 'origin' | 'copy', socketPath = proxy.path) =>
    dockerVolumes({ socketPath }, maker).volume({ environment: 'docker', volume: bench.names[key] })

  beforeAll(async () => {
    bench = await openBench(engine!, ['origin', 'copy'])
    await bench.sh('for i in 1 2 3; do head -c 1000000 /dev/urandom > /origin/$i; done')
    proxy = await openEngineProxy(engine!.socketPath)
  })
  afterEach(async () => {
    const filters = { label: [`respaldo.scratch.pid=${process.pid}`] }
    const own = () => engine!.docker.listContainers({ all: true, filters })
    await expect.poll(own).toEqual([])
  })
  afterAll(async () => {
    await proxy?.close()
    await bench?.remove()
  })

  test.for([200, 1500, 500_000, 1_001_000, 3_000_000])(
    'after %i bytes of a reading: a failure',
    async archiveBytes => {
      proxy.cut = { archiveBytes }
      await expect(drain(volume('origin').read())).rejects.toMatchObject({ code: 'environment-unavailable' })
    },
  )

  test.for([200, 500_000, 3_000_000])('after %i bytes of a writing: a failure', async archiveBytes => {
    proxy.cut = { archiveBytes }
    const tar = volume('origin', engine!.socketPath).read()
    await expect(volume('copy').write(tar)).rejects.toMatchObject({ code: 'environment-unavailable' })
  })

  test('not at all: both ways are whole', async () => {
    proxy.cut = {}
    await volume('copy').write(volume('origin').read())
    await bench.sh('for i in 1 2 3; do cmp /origin/$i /copy/$i; done')
  })
})
