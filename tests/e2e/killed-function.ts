import { systemClock } from '#lib/clock'
import { openRepository } from '#lib/repository/repository'
import type { LocatedWorkloads } from '#lib/services'
import { openWorkloads } from '#lib/services/workloads'
import { filesystemStore } from '#lib/store/filesystem'
import type { Store } from '#lib/store/store'
import type { WorkloadsPlace } from '#lib/volumes/volume'
import { functions } from '../../functions/index.ts'
import { isAlive, thisHolder } from '../../runner/liveness.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'
import { stillVolumes } from '../doubles/still-volumes.ts'

/**
 * Calls a function on a repository and dies before the nth change that it makes, or in the middle of it:
 * `node killed-function.ts ROOT NTH FUNCTION INPUT [SOCKET]`. What only reads leaves no trace, so this is every step at which dying can matter.
 * With the socket of a Docker engine containers are stopped and started, too.
 */
const [root = '', nth = '', name = '', input = '', socket = ''] = process.argv.slice(2)
let left = Number(nth)

function change(): void {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

async function* changing(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* content
  change()
}

const store = filesystemStore({ root })
const dying: Store = {
  ...store,
  put(key, content, options) {
    change()
    return store.put(key, changing(content), options)
  },
  async delete(keys) {
    for (const key of keys) {
      change()
      await store.delete([key])
    }
  },
  sweep(folder) {
    change()
    return store.sweep(folder)
  },
}

/** Dies before it, a moment after the engine was asked, or when it is done. */
function dyingIn<Given extends unknown[]>(work: (...given: Given) => Promise<void>) {
  return async (...given: Given): Promise<void> => {
    change()
    const done = work(...given)
    await Promise.race([done, systemClock.sleep(20)])
    change()
    await done
    change()
  }
}

function dyingWorkloads(place: WorkloadsPlace): LocatedWorkloads {
  const variables = { DOCKER_HOST: `unix://${socket}` }
  const located = openWorkloads(place, { variables, holder: thisHolder() })
  const { halt, resume, run } = located.workloads
  const workloads = { ...located.workloads, halt: dyingIn(halt), resume: dyingIn(resume), run: dyingIn(run) }
  return { ...located, workloads }
}

const volumes = stillVolumes()
volumes.put('app', 'file', 'content\n'.repeat(9000))

let runs = 0
const services = emptyServices({
  repository: options => openRepository(dying, systemClock, options),
  locate: stillServer().locate,
  ...volumes,
  holder: thisHolder(),
  isAlive,
  newRun: () => `${process.pid}-${++runs}`,
  ...(socket === '' ? {} : { workloads: dyingWorkloads }),
})
const { method } = functions[name]!
const init = method === 'POST' ? { method, body: input } : { method }
process.stdout.write(await (await functions[name]!.app.request('/', init, services)).text())
