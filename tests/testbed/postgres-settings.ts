import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type Docker from 'dockerode'
import { runId, runLabel } from './run-id.ts'

export interface PostgresOptions {
  version?: '15' | '17' | '15-bare' | '17-bare'
  /** POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS, … as for the official image. */
  env?: Record<string, string>
  labels?: Record<string, string>
  /** Arguments of the server: `['-c', 'max_connections=20']`. */
  args?: readonly string[]
  /** Whether the server can be reached at 127.0.0.1, at a port that stays the same over restarts. */
  publish?: boolean
  name?: string
  memoryBytes?: number
  /** Folder in the container → mount options: `{ '/small': 'size=8m' }`. */
  tmpfs?: Record<string, string>
  /** `source:target[:ro]`, the source a folder of this machine or a volume's name. */
  binds?: readonly string[]
}

/** What a container was started with, the defaults filled in. */
export interface Given {
  name: string
  user: string
  password: string
  database: string
  published: number | undefined
}

/** Fills in what the options leave open. */
export async function give({ env = {}, name, publish }: PostgresOptions): Promise<Given> {
  const user = env.POSTGRES_USER ?? 'postgres'
  return {
    name: name ?? `respaldo-test-${randomBytes(4).toString('hex')}`,
    user,
    password: env.POSTGRES_PASSWORD ?? '12345',
    database: env.POSTGRES_DB ?? user,
    published: publish ? await freePort() : undefined,
  }
}

/** The container in the engine's words. */
export function settings(
  image: string,
  options: PostgresOptions,
  given: Given,
): Docker.ContainerCreateOptions {
  const { env, labels, args = [], memoryBytes, tmpfs, binds } = options
  const all = {
    POSTGRES_USER: given.user,
    POSTGRES_PASSWORD: given.password,
    POSTGRES_DB: given.database,
    ...env,
  }
  return {
    name: given.name,
    Image: image,
    Cmd: ['postgres', ...args],
    Env: Object.entries(all).map(([key, value]) => `${key}=${value}`),
    Labels: { ...labels, [runLabel]: runId() },
    HostConfig: {
      // More than the default of 64 MB, which parallel queries outgrow.
      ShmSize: 256 * 1024 * 1024,
      ...(given.published && {
        PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: `${given.published}` }] },
      }),
      ...(memoryBytes && { Memory: memoryBytes }),
      ...(tmpfs && { Tmpfs: tmpfs }),
      ...(binds && { Binds: [...binds] }),
    },
  }
}

/** A port of 127.0.0.1 that nobody listens at. One of the engine's choice would change with every restart. */
export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
