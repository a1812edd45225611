import { systemClock } from '#lib/clock'
import { openRepository } from '#lib/repository/repository'
import { filesystemStore } from '#lib/store/filesystem'
import type { Store } from '#lib/store/store'
import { functions } from '../../functions/index.ts'
import { isAlive, thisHolder } from '../../runner/liveness.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'

/**
 * Calls a function on a repository and dies before the nth change that it makes, or in the middle of writing one:
 * `node killed-function.ts ROOT NTH FUNCTION INPUT`. What only reads leaves no trace, so this is every step at which dying can matter.
 */
const [root = '', nth = '', name = '', input = ''] = process.argv.slice(2)
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

let runs = 0
const services = emptyServices({
  repository: options => openRepository(dying, systemClock, options),
  locate: stillServer().locate,
  holder: thisHolder(),
  isAlive,
  newRun: () => `${process.pid}-${++runs}`,
})
const init = { method: 'POST', body: input }
process.stdout.write(await (await functions[name]!.app.request('/', init, services)).text())
