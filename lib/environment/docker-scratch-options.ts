import type Docker from 'dockerode'
import { labelsOf } from './docker-made.ts'
import type { ScratchWishes } from './environment.ts'
import { isSmall, scratchArguments, scratchLimits, scratchVariables } from './scratch-server.ts'

/** From what a scratch server is made. */
export interface ScratchOrigin {
  /** An id, or a name where the source's container is gone. */
  image: string
  /** Of the image itself. */
  config: { Cmd?: string[] | null; Env?: string[] | null; User?: string | null }
  /** Of the source's container; empty where that is gone. */
  env: Readonly<Record<string, string>>
  /** The superuser whom the server is made with. */
  user: string
}

/**
 * The container in the engine's words: the source's image and settings, but none of its init scripts, volumes and networks. Pure.
 * A small database lives in memory, any other on an anonymous volume, where the image keeps its data.
 */
export function scratchOptions(
  origin: ScratchOrigin,
  { run, place, settings, databaseBytes, maker }: ScratchWishes,
  password: string,
): Docker.ContainerCreateOptions {
  const { memoryBytes, inMemoryBytes, sharedMemoryBytes } = scratchLimits
  const server = { user: origin.user, database: place.database, password }
  const env = { ...ownVariables(origin), ...scratchVariables(server, origin.env.POSTGRES_INITDB_ARGS) }
  const data = env.PGDATA ?? '/var/lib/postgresql/data'
  // Only root can make a folder in memory somebody else's.
  const inMemory = isSmall(databaseBytes) && ['', '0', 'root'].includes(origin.config.User ?? '')
  return {
    name: `respaldo-scratch-${run}`,
    Image: origin.image,
    Cmd: [...serverCommand(origin.config.Cmd ?? []), ...scratchArguments(settings, inMemory)],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(run, maker),
    Volumes: inMemory ? {} : { [data]: {} },
    HostConfig: {
      NetworkMode: 'none',
      Memory: memoryBytes + (inMemory ? inMemoryBytes : 0),
      ShmSize: sharedMemoryBytes,
      Tmpfs: {
        '/docker-entrypoint-initdb.d': 'size=1m',
        ...(inMemory ? { [data]: `size=${inMemoryBytes}` } : {}),
      },
    },
  }
}

/** Of the image and the source, what decides about the files of a new server. */
function ownVariables({ config, env }: ScratchOrigin): Record<string, string> {
  const ofImage = Object.fromEntries((config.Env ?? []).map(entry => entry.split(/=(.*)/s)))
  const all: Record<string, string> = { ...ofImage, ...env }
  return Object.fromEntries(Object.entries(all).filter(([name]) => /^(?:PGDATA|LANG|LC_[A-Z]+)$/.test(name)))
}

/** An image of another make may be started by a script of its own, which takes the server's arguments too. */
function serverCommand(command: readonly string[]): readonly string[] {
  return command.length === 0 || /(?:^|\/)(?:postgres|postmaster)$/.test(command[0]!) ? ['postgres'] : command
}
