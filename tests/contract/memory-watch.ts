import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Of what streams hold. Collected before it is looked at: what the collector has not got round to is not held. */
export function watchMemory() {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const used = () => {
    // What one collection found to be garbage is given back by the next.
    collectGarbage()
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  const before = used()
  let pieces = 0
  let most = before
  return {
    sample: () => {
      if (pieces++ % 500 === 0) most = Math.max(most, used())
    },
    grown: () => most - before,
  }
}
