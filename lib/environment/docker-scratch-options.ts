import type Docker from 'dockerode'
import { labelsOf } from './docker-made.ts'
import type { ScratchWishes } from './environment.ts'

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

const megabyte = 1024 * 1024
const memoryBytes = 1024 * megabyte
/** Databases up to this size are restored in memory; with PostgreSQL's own files and log they need a multiple of it. */
const smallBytes = 64 * megabyte
const tmpfsBytes = 768 * megabyte

/**
 * The container in the engine's words: the source's image and settings, but none of its init scripts, volumes and networks. Pure.
 * A small database lives in memory, any other on an anonymous volume, where the image keeps its data.
 */
export function scratchOptions(
  origin: ScratchOrigin,
  { run, place, settings, databaseBytes, maker }: ScratchWishes,
  password: string,
): Docker.ContainerCreateOptions {
  const env = { ...ownVariables(origin), ...variables(origin, place.database, password) }
  const data = env.PGDATA ?? '/var/lib/postgresql/data'
  // Only root can make a folder in memory somebody else's.
  const inMemory = databaseBytes <= smallBytes && ['', '0', 'root'].includes(origin.config.User ?? '')
  return {
    name: `respaldo-scratch-${run}`,
    Image: origin.image,
    Cmd: [...serverCommand(origin.config.Cmd ?? []), ...serverArguments(settings, inMemory)],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(run, maker),
    Volumes: inMemory ? {} : { [data]: {} },
    HostConfig: {
      NetworkMode: 'none',
      Memory: memoryBytes + (inMemory ? tmpfsBytes : 0),
      ShmSize: 256 * megabyte,
      Tmpfs: {
        '/docker-entrypoint-initdb.d': 'size=1m',
        ...(inMemory ? { [data]: `size=${tmpfsBytes}` } : {}),
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

function variables({ user, env }: ScratchOrigin, database: string, password: string): Record<string, string> {
  return {
    POSTGRES_USER: user,
    POSTGRES_PASSWORD: password,
    POSTGRES_DB: database,
    POSTGRES_INITDB_ARGS: `${env.POSTGRES_INITDB_ARGS ?? ''} --no-sync`.trim(),
  }
}

/** An image of another make may be started by a script of its own, which takes the server's arguments too. */
function serverCommand(command: readonly string[]): readonly string[] {
  return command.length === 0 || /(?:^|\/)(?:postgres|postmaster)$/.test(command[0]!) ? ['postgres'] : command
}

/** Jobs of pg_cron that came back with the backup must not run. */
function serverArguments(settings: ScratchWishes['settings'], inMemory: boolean): string[] {
  const all: Record<string, string> = {
    ...settings,
    listen_addresses: '127.0.0.1',
    ...(inMemory ? { max_wal_size: '256MB' } : {}),
    ...(settings.shared_preload_libraries?.includes('pg_cron') ? { 'cron.launch_active_jobs': 'off' } : {}),
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
