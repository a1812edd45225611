import { systemClock } from '../clock.ts'
import type { DockerEngine } from './docker-engine.ts'
import { scratchLabels } from './docker-scratch-options.ts'
import type { ScratchWishes } from './environment.ts'

/** After this long also a container goes of whose process nothing can be known: it ran on another host, or in another container. */
const unknownSeconds = 3 * 24 * 3600

/** Removes scratch containers whose process is dead. Those of living ones stay. */
export async function removeLeftovers(
  engine: DockerEngine,
  { isAlive }: Pick<ScratchWishes, 'isAlive'>,
): Promise<void> {
  const docker = await engine.client()
  const filters = { label: [scratchLabels.run] }
  const listed = await docker.listContainers({ all: true, filters }).catch(error => {
    throw engine.explain(error)
  })
  const now = systemClock.now().getTime() / 1000
  const dead = listed.filter(({ Labels, Created }) => {
    const alive = isAlive({
      host: Labels[scratchLabels.host] ?? '',
      pid: Number(Labels[scratchLabels.pid]),
      startedAt: Labels[scratchLabels.startedAt] ?? '',
    })
    return alive === false || (alive === undefined && now - Created > unknownSeconds)
  })
  await Promise.all(dead.map(({ Id }) => removeScratch(engine, Id)))
}

/** Removes a container with its data; one that is gone, or going, is no failure. */
export async function removeScratch(engine: DockerEngine, id: string): Promise<void> {
  const docker = await engine.client()
  await docker
    .getContainer(id)
    .remove({ force: true, v: true })
    .catch(error => {
      const { statusCode } = error as { statusCode?: number }
      if (statusCode !== 404 && statusCode !== 409) throw engine.explain(error)
    })
}
