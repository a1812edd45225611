import type { Engine } from './engine.ts'
import { isOver, runLabel } from './run-id.ts'

/** Removes the containers of one run with their anonymous volumes, its named volumes and its networks. */
export function removeAll(engine: Engine, runId: string): Promise<void> {
  return removeWhere(engine, id => id === runId)
}

/** Removes what runs that were killed left behind; what belongs to running ones and to others stays. */
export function removeLeftovers(engine: Engine): Promise<void> {
  return removeWhere(engine, isOver)
}

async function removeWhere({ docker }: Engine, wanted: (id: string) => boolean): Promise<void> {
  const filters = { label: [runLabel] }
  const isWanted = ({ Labels }: { Labels?: Record<string, string> | undefined }) =>
    wanted(Labels?.[runLabel] ?? '')
  const containers = (await docker.listContainers({ all: true, filters })).filter(isWanted)
  await Promise.allSettled(
    containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })),
  )
  const volumes = ((await docker.listVolumes({ filters })).Volumes ?? []).filter(isWanted)
  await Promise.allSettled(volumes.map(({ Name }) => docker.getVolume(Name).remove()))
  const networks = (await docker.listNetworks({ filters })).filter(isWanted)
  await Promise.allSettled(networks.map(({ Id }) => docker.getNetwork(Id).remove()))
}
