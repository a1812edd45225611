import type Docker from 'dockerode'
import { systemClock } from '../clock.ts'
import type { DockerEngine } from './docker-engine.ts'
import type { Maker } from './environment.ts'
import { isLeftover } from './leftover.ts'

/** Labels of what Respaldo makes for itself in an engine: what for, and the process that made it. */
const madeLabels = {
  run: 'respaldo.scratch',
  host: 'respaldo.scratch.host',
  pid: 'respaldo.scratch.pid',
  startedAt: 'respaldo.scratch.started',
} as const

type Labels = Readonly<Record<string, string>> | null | undefined
type IsAlive = (maker: Maker) => boolean | undefined

/** Labels for a container or volume that goes when its maker is dead; it is never a source. */
export function labelsOf(run: string, maker: Maker): Record<string, string> {
  return {
    'respaldo.source': 'false',
    [madeLabels.run]: run,
    [madeLabels.host]: maker.host,
    [madeLabels.pid]: `${maker.pid}`,
    [madeLabels.startedAt]: maker.startedAt,
  }
}

/** Says whether Respaldo made it for itself. */
export const isOwn = (labels: Labels): boolean => labels?.[madeLabels.run] !== undefined

/** Picks out in a listing what Respaldo made for itself. */
export const ownOnly = { label: [madeLabels.run] }

/** Says whether what was made at that time was left by a process that is dead. */
export function isLeft(labels: Labels, createdSeconds: number, isAlive: IsAlive): boolean {
  const maker = {
    host: labels?.[madeLabels.host] ?? '',
    pid: Number(labels?.[madeLabels.pid]),
    startedAt: labels?.[madeLabels.startedAt] ?? '',
  }
  return isLeftover({ maker, ageSeconds: systemClock.now().getTime() / 1000 - createdSeconds }, isAlive)
}

/** Removes containers whose process is dead. Those of living ones stay. */
export async function removeLeftovers(
  engine: DockerEngine,
  { isAlive }: { isAlive: IsAlive },
): Promise<void> {
  const docker = await engine.client()
  const listed = await docker.listContainers({ all: true, filters: ownOnly }).catch(error => {
    throw engine.explain(error)
  })
  const left = listed.filter(({ Labels, Created }) => isLeft(Labels, Created, isAlive))
  await Promise.all(left.map(({ Id }) => removeMade(engine, Id)))
}

/** Removes a container with its anonymous volumes; one that is gone, or going, is no failure. */
export async function removeMade(engine: DockerEngine, id: string): Promise<void> {
  const docker = await engine.client()
  await docker
    .getContainer(id)
    .remove({ force: true, v: true })
    .catch(error => {
      const { statusCode } = error as { statusCode?: number }
      if (statusCode !== 404 && statusCode !== 409) throw engine.explain(error)
    })
}

/** Makes a container that goes again when it is disposed of, whatever became of it. The engine's own errors are not translated. */
export async function makeContainer(
  engine: DockerEngine,
  options: Docker.ContainerCreateOptions,
): Promise<{ container: Docker.Container } & AsyncDisposable> {
  const container = await (await engine.client()).createContainer(options)
  return { container, [Symbol.asyncDispose]: () => removeMade(engine, container.id) }
}
