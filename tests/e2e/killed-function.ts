import { systemClock } from '#lib/clock'
import { openRepository } from '#lib/repository/repository'
import { openServices } from '#lib/services'
import { filesystemStore } from '#lib/store/filesystem'
import type { Store } from '#lib/store/store'
import { functions } from '../../functions/index.ts'
import { isAlive, thisHolder } from '../../runner/liveness.ts'

/** Calls a function on a repository and dies before the nth call of its store: `node killed-function.ts ROOT NTH FUNCTION INPUT`. */
const [root = '', nth = '', name = '', input = ''] = process.argv.slice(2)
let left = Number(nth)

function count(): void {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

const store = filesystemStore({ root })
const dying: Store = {
  name: store.name,
  put: (...given) => {
    count()
    return store.put(...given)
  },
  get: (...given) => {
    count()
    return store.get(...given)
  },
  stat: (...given) => {
    count()
    return store.stat(...given)
  },
  list: (...given) => {
    count()
    return store.list(...given)
  },
  delete: async keys => {
    for (const key of keys) {
      count()
      await store.delete([key])
    }
  },
  sweep: (...given) => {
    count()
    return store.sweep(...given)
  },
  freeBytes: () => store.freeBytes(),
}

const services = openServices({
  configuration: {},
  retention: {},
  directory: root,
  profile: 'development',
  origin: 'cli',
  version: 'test',
  variables: {},
  holder: thisHolder(),
  isAlive,
})
const answer = await functions[name]!.app.request(
  '/',
  { method: 'POST', body: input },
  { ...services, repository: options => openRepository(dying, systemClock, options) },
)
process.stdout.write(await answer.text())
