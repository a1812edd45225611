import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startDaemon } from './daemon.ts'
import { withLock } from './lock.ts'
import { addOwner, liveOwners } from './owners.ts'
import type { Paths } from './paths.ts'
import { answers } from './ping.ts'
import { stopDaemon } from './stop-daemon.ts'

/** Joins the private engine of this cache folder, starting it when none answers; returns how to leave it again.
 *  Whoever leaves last stops it; a reaper does so for runs that were killed. */
export async function joinEngine(paths: Paths): Promise<() => Promise<void>> {
  return withLock(paths.runtime, async () => {
    if (!(await isHealthy(paths))) await restart(paths)
    const leave = addOwner(paths.owners)
    return async () => {
      leave()
      await stopUnowned(paths)
    }
  })
}

/** Stops the engine unless a running process uses it, and says whether it is stopped. */
export function stopUnowned(paths: Paths): Promise<boolean> {
  return withLock(paths.runtime, async () => {
    if (liveOwners(paths.owners) > 0) return false
    await stopDaemon(paths)
    return true
  })
}

/** A machine under load may make the engine slow to answer: while others use it, it is asked three times. */
async function isHealthy(paths: Paths): Promise<boolean> {
  const attempts = liveOwners(paths.owners) > 0 ? 3 : 1
  for (let attempt = 0; attempt < attempts; attempt += 1) if (await answers(paths.socket)) return true
  return false
}

async function restart(paths: Paths): Promise<void> {
  await stopDaemon(paths)
  await startDaemon(paths).catch(async error => {
    await stopDaemon(paths)
    throw error
  })
  spawnReaper(paths)
}

/** Its command line names the runtime folder, by which `stopDaemon` finds it. */
function spawnReaper(paths: Paths): void {
  const script = fileURLToPath(new URL('./reaper.ts', import.meta.url))
  spawn(process.execPath, [script, paths.runtime], { detached: true, stdio: 'ignore' }).unref()
}
