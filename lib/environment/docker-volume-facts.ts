import { statfs } from 'node:fs/promises'
import type Docker from 'dockerode'
import type { VolumeUser } from '../volumes/volume.ts'
import { reasonOf, sourceLabel } from './docker-container.ts'
import { type DockerEngine, readListed } from './docker-engine.ts'
import { isOwn } from './docker-made.ts'
import { volumeNotFound } from './docker-volume-errors.ts'

/** What the engine knows of a volume; `source-not-found` when it knows none. */
export async function inspectVolume(
  engine: DockerEngine,
  name: string,
  signal?: AbortSignal,
): Promise<Docker.VolumeInspectInfo> {
  const docker = await engine.client()
  try {
    return await docker.getVolume(name).inspect(signal ? { abortSignal: signal } : {})
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) throw volumeNotFound(name)
    throw engine.explain(error, { signal })
  }
}

/** The client's types do not know when a volume was made. */
type VolumeListing = Docker.VolumeInspectInfo & { CreatedAt: string }

/** All volumes, by name. */
export async function listVolumes(engine: DockerEngine, signal?: AbortSignal): Promise<VolumeListing[]> {
  const docker = await engine.client()
  const { Volumes } = await docker.listVolumes(signal ? { abortSignal: signal } : {}).catch(error => {
    throw engine.explain(error, { signal })
  })
  return ((Volumes ?? []) as VolumeListing[]).toSorted((a, b) => (a.Name < b.Name ? -1 : 1))
}

/** The mounts of a volume in containers, by their names; Respaldo's own containers are left out. */
export function usersIn(containers: readonly Docker.ContainerInfo[], volume: string): VolumeUser[] {
  const users = containers
    .filter(({ Labels }) => !isOwn(Labels))
    .flatMap(container => mountsOf(container, volume).map(mount => userOf(container, mount)))
  return users.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Where a container mounts a volume; that may be at several places. */
export const mountsOf = ({ Mounts }: Docker.ContainerInfo, volume: string): Docker.ContainerInfo['Mounts'] =>
  Mounts.filter(({ Type, Name }) => Type === 'volume' && Name === volume)

/** A container that restarts again and again counts as running: it may write at any moment. */
export function stateOf({ State }: Pick<Docker.ContainerInfo, 'State'>): VolumeUser['state'] {
  if (State === 'paused') return 'paused'
  return State === 'running' || State === 'restarting' ? 'running' : 'stopped'
}

function userOf(
  container: Docker.ContainerInfo,
  { RW, Destination }: Docker.ContainerInfo['Mounts'][number],
): VolumeUser {
  const { Image, Labels, Ports } = container
  // A server that is left out of the sources is a server all the same.
  const labels = Labels[sourceLabel] === 'false' ? {} : Labels
  const opens5432 = Ports.some(({ PrivatePort }) => PrivatePort === 5432)
  return {
    name: readListed(container).name,
    state: stateOf(container),
    readOnly: !RW,
    path: Destination,
    database: reasonOf({ image: Image, labels, opens5432 }),
  }
}

/**
 * Free bytes where the engine keeps a volume, seen from here. Undefined where they cannot be: the engine is on another machine or in a container
 * of its own, this user may not look, or the volume is mounted only while it is used.
 */
export async function visibleFreeBytes(
  engine: Pick<DockerEngine, 'host'>,
  { Driver, Options, Mountpoint }: Pick<Docker.VolumeInspectInfo, 'Driver' | 'Options' | 'Mountpoint'>,
): Promise<number | undefined> {
  if (engine.host !== undefined || Driver !== 'local' || Options?.device) return undefined
  const found = await statfs(Mountpoint).catch(() => undefined)
  return found && found.bavail * found.bsize
}
