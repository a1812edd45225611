import { describe } from 'vitest'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import { volumesContract } from '../contract/volumes.ts'
import { testEngine } from '../testbed/provided.ts'
import { openBench } from '../testbed/volume-bench.ts'

const engine = testEngine()
const maker = { host: 'here', pid: process.pid, startedAt: `test/${process.pid}` }

describe.skipIf(!engine)('docker', () => {
  volumesContract('docker', async () => {
    if (!engine) throw new Error('no engine')
    const bench = await openBench(engine, ['origin', 'copy', 'other'])
    const place = (volume: string) => ({ environment: 'docker' as const, volume })
    return {
      volumes: dockerVolumes({ socketPath: engine.socketPath }, maker),
      maker,
      places: {
        origin: place(bench.names.origin),
        copy: place(bench.names.copy),
        other: place(bench.names.other),
      },
      inside: (key, script) => bench.sh(`cd /${key}\n${script}`),
      own: () => ownOf(maker.pid),
      close: bench.remove,
    }
  })
})

async function ownOf(pid: number): Promise<string[]> {
  if (!engine) throw new Error('no engine')
  const filters = { label: ['respaldo.scratch', `respaldo.scratch.pid=${pid}`] }
  const containers = await engine.docker.listContainers({ all: true, filters })
  const { Volumes } = await engine.docker.listVolumes({ filters })
  return [...containers.map(({ Names }) => Names.join()), ...(Volumes ?? []).map(({ Name }) => Name)]
}
