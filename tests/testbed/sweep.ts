import type { Engine } from './engine.ts'
import { isOver, runLabel } from './run-id.ts'

/** Removes the containers of one run with their anonymous volumes. */
export function removeAll(engine: Engine, runId: string): Promise<void> {
  return removeWhere(engine, id => id === runId)
}

/** Removes what runs that were killed left behind; containers of running ones and of others stay. */
export function removeLeftovers(engine: Engine): Promise<void> {
  return removeWhere(engine, isOver)
}

async function removeWhere({ docker }: Engine, wanted: (id: string) => boolean): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [runLabel] } })
  const found = containers.filter(({ Labels }) => wanted(Labels[runLabel] ?? ''))
  await Promise.allSettled(found.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
}
