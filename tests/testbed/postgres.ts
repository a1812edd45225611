import type Docker from 'dockerode'
import type { Engine } from './engine.ts'
import { type ExecOptions, type ExecResult, execIn } from './exec.ts'
import { ensureImage } from './images.ts'
import { readLogs } from './logs.ts'
import { type Given, give, type PostgresOptions, settings } from './postgres-settings.ts'

export type { PostgresOptions } from './postgres-settings.ts'

export interface PostgresContainer {
  readonly id: string
  readonly name: string
  /** 127.0.0.1 when published, else the container's own address, which `ready` renews after a restart. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** Runs statements over the container's socket and returns psql's rows, columns parted by `|`; throws what psql says. */
  sql(text: string, options?: { database?: string; user?: string }): Promise<string>
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  logs(): Promise<string>
  /** Waits until it accepts connections over TCP (after a restart, say). */
  ready(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  /** Removes it with its anonymous volumes, running or not. */
  remove(): Promise<void>
}

/** Starts a PostgreSQL server in a container and returns when it accepts connections. */
export async function startPostgres(
  engine: Engine,
  options: PostgresOptions = {},
): Promise<PostgresContainer> {
  const image = await ensureImage(engine, `postgres:${options.version ?? '17'}`)
  const given = await give(options)
  const container = await engine.docker.createContainer(settings(image, options, given))
  const postgres = handle(engine.docker, container, given)
  try {
    await postgres.start()
    return postgres
  } catch (error) {
    await postgres.remove()
    throw error
  }
}

function handle(docker: Docker, container: Docker.Container, given: Given): PostgresContainer {
  const exec: PostgresContainer['exec'] = (argv, options) => execIn(docker, container.id, argv, options)
  const { published, ...rest } = given
  const postgres = {
    ...rest,
    id: container.id,
    host: '127.0.0.1',
    port: published ?? 5432,
    exec,
    sql: (text: string, options = {}) => psql(exec, text, { ...rest, ...options }),
    logs: () => readLogs(container),
    ready: async () => {
      await untilReady(postgres)
      if (!published) postgres.host = await addressOf(container)
    },
    start: async () => {
      await container.start()
      await postgres.ready()
    },
    stop: async () => void (await container.stop()),
    remove: async () => void (await container.remove({ force: true, v: true })),
  }
  return postgres
}

async function psql(
  exec: PostgresContainer['exec'],
  text: string,
  { user, database }: { user: string; database: string },
): Promise<string> {
  const argv = ['psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-U', user, '-d', database, '-f', '-']
  const { stdout, stderr, exitCode } = await exec(argv, { stdin: text })
  if (exitCode !== 0) throw new Error(`psql ended with ${exitCode}: ${stderr.trim()}`)
  return stdout.replace(/\n$/, '')
}

/** Over TCP, where the temporary server of the first start does not listen; as a role that exists, to keep the log clean. */
async function untilReady({ exec, logs, user, database }: PostgresContainer): Promise<void> {
  const probe = 'until pg_isready -q -h 127.0.0.1 -U "$0" -d "$1"; do sleep 0.1; done'
  const waiting = exec(['timeout', '120', 'sh', '-c', probe, user, database])
  const { exitCode } = await waiting.catch(() => ({ exitCode: -1 }))
  if (exitCode !== 0) throw new Error(`PostgreSQL did not become ready:\n${await logs()}`)
}

async function addressOf(container: Docker.Container): Promise<string> {
  const { NetworkSettings } = await container.inspect()
  const addresses = Object.values(NetworkSettings.Networks).map(network => network?.IPAddress)
  return addresses.find(Boolean) ?? '127.0.0.1'
}
