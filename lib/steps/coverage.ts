import type { Place } from '../environment/environment.ts'
import type { VolumeUser } from '../volumes/volume.ts'

/** A database that can be seen. */
export interface SeenDatabase {
  id: string
  place: Pick<Place, 'container' | 'pod'>
  /** Whether it has a regular backup. */
  isBackedUp: boolean
}

/** A volume that can be seen. */
export interface SeenVolume {
  id: string
  users: readonly Pick<VolumeUser, 'name' | 'database'>[]
  isBackedUp: boolean
}

/** A source of which nothing would be left. */
export interface Uncovered {
  id: string
  kind: 'database' | 'volume'
}

/**
 * The id of the source whose backups would bring a volume back: its own, else that of a database whose server keeps its files there. Undefined
 * when there is none.
 */
export function coverOf(volume: SeenVolume, databases: readonly SeenDatabase[]): string | undefined {
  if (volume.isBackedUp) return volume.id
  const servers = volume.users.filter(({ database }) => database !== undefined).map(({ name }) => name)
  const ofServer = ({ container, pod }: SeenDatabase['place']) => servers.includes(container ?? pod ?? '')
  return databases.find(({ isBackedUp, place }) => isBackedUp && ofServer(place))?.id
}

/** What can be seen and nothing covers, each once, databases first. */
export function uncoveredOf(
  databases: readonly SeenDatabase[],
  volumes: readonly SeenVolume[],
): readonly Uncovered[] {
  const bare = [
    ...databases.filter(({ isBackedUp }) => !isBackedUp).map(({ id }) => ({ id, kind: 'database' as const })),
    ...volumes
      .filter(volume => coverOf(volume, databases) === undefined)
      .map(({ id }) => ({ id, kind: 'volume' as const })),
  ]
  return [...new Map(bare.map(one => [one.id, one])).values()]
}
