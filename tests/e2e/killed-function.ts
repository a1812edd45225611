import { systemClock } from '#lib/clock'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import { openRepository } from '#lib/repository/repository'
import type { LocatedWorkloads, Services } from '#lib/services'
import { openWorkloads } from '#lib/services/workloads'
import { filesystemStore } from '#lib/store/filesystem'
import type { Store } from '#lib/store/store'
import type { Volumes, WorkloadsPlace } from '#lib/volumes/volume'
import { functions } from '../../functions/index.ts'
import { isAlive, thisHolder } from '../../runner/liveness.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'
import { stillVolumes } from '../doubles/still-volumes.ts'

/**
 * Calls a function on a repository and dies before the nth change that it makes, or in the middle of it:
 * `node killed-function.ts ROOT NTH FUNCTION INPUT [SOCKET [KEYS]]`. What only reads leaves no trace, so this is every step at which dying can
 * matter. With the socket of a Docker engine its containers are stopped and started, and its volumes changed, too. KEYS is a pattern of those in
 * the store that count.
 */
const [root = '', nth = '', name = '', input = '', socket = '', keys = ''] = process.argv.slice(2)
let left = Number(nth)

function change(): void {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

function changeOf(key: string): void {
  if (new RegExp(keys).test(key)) change()
}

async function* changing(key: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* content
  changeOf(key)
}

const store = filesystemStore({ root })
const dying: Store = {
  ...store,
  put(key, content, options) {
    changeOf(key)
    return store.put(key, changing(key, content), options)
  },
  async delete(keys) {
    for (const key of keys) {
      changeOf(key)
      await store.delete([key])
    }
  },
  sweep(folder) {
    changeOf(folder)
    return store.sweep(folder)
  },
}

/** Dies before it, a moment after the engine was asked, or when it is done. */
function dyingIn<Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>) {
  return async (...given: Given): Promise<Result> => {
    change()
    const done = work(...given)
    await Promise.race([done, systemClock.sleep(20)])
    change()
    const result = await done
    change()
    return result
  }
}

function dyingWorkloads(place: WorkloadsPlace): LocatedWorkloads {
  const variables = { DOCKER_HOST: `unix://${socket}` }
  const located = openWorkloads(place, { variables, holder: thisHolder() })
  const { halt, resume, run } = located.workloads
  const workloads = { ...located.workloads, halt: dyingIn(halt), resume: dyingIn(resume), run: dyingIn(run) }
  return { ...located, workloads }
}

function dyingVolumes(): Pick<Services, 'volumes' | 'volumeEnvironments'> {
  const real = dockerVolumes({ socketPath: socket }, thisHolder())
  const volumes: Volumes = {
    ...real,
    make: dyingIn(real.make),
    volume(place) {
      const { write, replaceWith, remove, ...rest } = real.volume(place)
      return { ...rest, write: dyingIn(write), replaceWith: dyingIn(replaceWith), remove: dyingIn(remove) }
    },
  }
  const located = { environment: 'docker' as const, volumes, reason: 'a test' }
  return { volumes: async () => located, volumeEnvironments: () => [located] }
}

const still = stillVolumes()
still.put('app', 'file', 'content\n'.repeat(9000))

let runs = 0
const services = emptyServices({
  repository: options => openRepository(dying, systemClock, options),
  locate: stillServer().locate,
  ...still,
  holder: thisHolder(),
  isAlive,
  newRun: () => `${process.pid}-${++runs}`,
  ...(socket === '' ? {} : { workloads: dyingWorkloads, ...dyingVolumes() }),
})
const { method } = functions[name]!
const init = method === 'POST' ? { method, body: input } : { method }
process.stdout.write(await (await functions[name]!.app.request('/', init, services)).text())
