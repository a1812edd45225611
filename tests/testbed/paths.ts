import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where things of the testbed live: what is worth keeping in `cache`, what ends with the engine in `runtime`. */
export interface Paths {
  cache: string
  data: string
  runtime: string
  socket: string
  owners: string
  bridge: string
  cgroup: string
}

/** One cache folder has one engine, so everything of that engine is named after the folder. */
export function testbedPaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const cache = cacheFolder(env)
  const mark = createHash('sha256').update(cache).digest('hex').slice(0, 6)
  // Not below the cache: containerd's socket paths must stay under 108 bytes.
  const runtime = join(existsSync('/run') ? '/run' : '/tmp', `respaldo-testbed-${mark}`)
  return {
    cache,
    data: join(cache, 'data'),
    runtime,
    socket: join(runtime, 'd.sock'),
    owners: join(runtime, 'owners'),
    bridge: `respaldo${mark}`,
    cgroup: `respaldo-testbed-${mark}`,
  }
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env.RESPALDO_TESTBED_CACHE) return resolve(env.RESPALDO_TESTBED_CACHE)
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'respaldo-testbed')
}
