import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { liveOwners } from './owners.ts'
import { testbedPaths } from './paths.ts'
import { stopUnowned } from './private-engine.ts'

/** A process beside the private engine that stops it when every run which used it is gone, killed ones too.
 *  It ends as soon as the engine was stopped, by itself or by another. */
async function reap(): Promise<void> {
  const paths = testbedPaths()
  while (existsSync(paths.socket)) {
    await sleep(500)
    if (existsSync(paths.socket) && liveOwners(paths.owners) === 0) await stopUnowned(paths)
  }
}

await reap()
