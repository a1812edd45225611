import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { deleteBridge } from './bridge.ts'
import { engineTools } from './daemon.ts'
import type { Paths } from './paths.ts'
import { answers } from './ping.ts'
import { isAlive, processesOf, processKey } from './process-id.ts'

/** Ends the private engine with all that belongs to it, in whatever state it is; images stay in the data folder. */
export async function stopDaemon(paths: Paths): Promise<void> {
  if (await answers(paths.socket)) await emptyEngine(paths.socket).catch(() => {})
  await end(daemonPid(paths), 'SIGTERM', 10_000)
  await endAll(paths)
  await deleteBridge(paths.bridge, await engineTools())
  await rm(paths.runtime, { recursive: true, force: true })
}

/** The private engine holds nothing but the testbed's: containers, and the volumes of runs that died. */
async function emptyEngine(socketPath: string): Promise<void> {
  const docker = new Docker({ socketPath })
  const containers = await docker.listContainers({ all: true })
  await Promise.allSettled(
    containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })),
  )
  const { Volumes } = await docker.listVolumes()
  await Promise.allSettled(Volumes.map(({ Name }) => docker.getVolume(Name).remove()))
  await docker.pruneNetworks()
}

/** The reaper, and what a killed dockerd leaves: containerd and shims, which name the runtime folder, and the
 *  processes of containers. */
async function endAll(paths: Paths): Promise<void> {
  for (const mark of [`reaper.ts\0${paths.runtime}`, `${paths.runtime}/exec`, `/${paths.cgroup}/`]) {
    for (const pid of processesOf(mark)) await end(pid, 'SIGKILL', 5_000)
  }
}

async function end(pid: number | undefined, signal: NodeJS.Signals, patience: number): Promise<void> {
  if (!pid) return
  const key = processKey(pid)
  kill(pid, signal)
  for (let waited = 0; waited < patience && isAlive(key); waited += 50) await sleep(50)
  if (isAlive(key) && signal !== 'SIGKILL') await end(pid, 'SIGKILL', 5_000)
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

/** The pid file's process, if it is this engine's and not one that got its number later. */
function daemonPid(paths: Paths): number | undefined {
  try {
    const pid = Number(readFileSync(join(paths.runtime, 'pid'), 'utf8'))
    return processesOf(`--pidfile=${paths.runtime}/pid`).find(found => found === pid)
  } catch {
    return undefined
  }
}
