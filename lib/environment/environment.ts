import type { Bytes } from '../bytes.ts'

/** As it stands in manifests, flags and ids. */
export type EnvironmentName = 'docker' | 'kubernetes' | 'direct' | 'embedded'

/** Where a source lives, for people and manifests; never a secret. */
export interface Place {
  environment: EnvironmentName
  container?: string
  /** Of the container, as it was named when it was made. */
  image?: string
  /** Of the server's processes, in a pod. */
  uid?: number
  /** Of the kubeconfig, where one was chosen. */
  context?: string
  namespace?: string
  /** Of a Deployment's pod, whose name changes, the Deployment's name. There `container` is the one that had to be chosen. */
  pod?: string
  host?: string
  port?: number
  folder?: string
  database: string
}

/** Where a volume lives, for people and manifests; never a secret. */
export interface VolumePlace {
  environment: EnvironmentName
  /** Its name; of a claim in Kubernetes. */
  volume: string
  namespace?: string
  /** Of another machine. */
  host?: string
}

/** One PostgreSQL database that can be backed up. */
export interface Source {
  /** Unique within a repository, readable, and a valid path segment (see `sourceId`). */
  id: string
  kind: 'postgres'
  place: Place
  state: 'running' | 'stopped'
  /** Why it was taken for a source: `image postgres:15`, `label respaldo.source`, `DATABASE_URL`. */
  reason: string
}

/** What a caller said of the source that is wanted. Nothing given means: the only one there is. */
export interface Target {
  /** An id as `sources` yields it. */
  source?: string | undefined
  container?: string | undefined
  pod?: string | undefined
  namespace?: string | undefined
  /** Of the pod. */
  k8sContainer?: string | undefined
  database?: string | undefined
  user?: string | undefined
  password?: string | undefined
  url?: string | undefined
}

/** What a shell runs; nothing of it passes through another shell. */
export interface Command {
  argv: readonly [string, ...string[]]
  /** Added to the environment that the command finds. Secrets travel here, never in argv. */
  env?: Readonly<Record<string, string>>
  /** Written to the command as fast as it reads; its end closes the command's input. */
  stdin?: Bytes
}

/**
 * A running command.
 *
 * `stdout` must be read to its end or abandoned (`return`), which ends the command. It throws `command-failed` if the command
 * failed, so a clean end means a whole output. `finished` settles when the command ended and has the same error; reading `stdout` is
 * not required for it only when the output is small. A command that exits before it read its stdin is no hang: what is left of it is dropped.
 */
export interface Process {
  stdout: AsyncGenerator<Uint8Array, void, void>
  finished: Promise<void>
}

/**
 * Runs commands beside a source: in its container, in its pod, or here.
 *
 * Aborting the signal ends the command, not only the stream: TERM to the command's first process, which has to end its own children
 * (see postgres/pipeline.ts); never KILL inside a container, and no process is ever left without its parent, because PostgreSQL takes the
 * death of an adopted process for a crash and restarts. Then `stdout` and `finished` reject with `cancelled`.
 */
export interface Shell {
  /** True when bytes cross no network and no container engine, so that compressing them for the way is waste. */
  readonly local: boolean
  exec(command: Command, signal?: AbortSignal): Process
}

/** How client tools reach the database from the shell: libpq variables (PGHOST, PGUSER, PGPASSWORD, PGSSLMODE, …). */
export interface Connection {
  database: string
  user: string
  env: Readonly<Record<string, string>>
}

interface Sources {
  readonly name: EnvironmentName
  /** What can be seen, in a stable order. Throws `environment-unavailable` when the environment itself cannot be reached. */
  sources(signal?: AbortSignal): AsyncIterable<Source>
  /**
   * The one source that the target means. `source-not-found` names what there is, `source-unreachable` says that it does not run,
   * `input-invalid` that several fit.
   */
  find(target: Target, signal?: AbortSignal): Promise<Source>
}

/** The process that made something which it may leave behind. */
export interface Maker {
  host: string
  pid: number
  /** Opaque; tells a process id that was used again. */
  startedAt: string
}

/** What a trial restore asks of the place where it restores. */
export interface ScratchWishes {
  /** Names what is made, for people and for who clears up. */
  run: string
  /** Where the backup comes from, and the role that made it. */
  place: Place
  user?: string | undefined
  /** Then nothing is asked of that place, nor made there. */
  isPlaceLost: boolean
  /** Of the server, by name: without them it may refuse the backup. */
  settings: Readonly<Record<string, string>>
  /** Of the database on disk. */
  databaseBytes: number
  maker: Maker
  /** Whether a process still runs; undefined where that cannot be told. What dead ones left is removed. */
  isAlive(maker: Maker): boolean | undefined
}

/** A server on which a throw-away database can be made. Disposing removes what was made to have it, whatever became of it. */
export interface ScratchServer extends AsyncDisposable {
  shell: Shell
  /** Of a role that may create databases. */
  connection: Connection
  /** True for a server of its own, without a network: nothing on it can reach or harm anything else. */
  isolated: boolean
  /** `a container of postgres:15`. */
  description: string
}

/** An environment whose databases are reached by client tools over a shell. */
export interface ShellEnvironment extends Sources {
  shell(source: Source): Shell
  connection(source: Source, signal?: AbortSignal): Promise<Connection>
  /** `environment-unavailable` when there is none, or when it does not start: then with its last words. */
  scratch(wishes: ScratchWishes, signal?: AbortSignal): Promise<ScratchServer>
}

/** A throw-away database; disposing removes it, whatever became of it. */
export interface Scratch<D> extends AsyncDisposable {
  database: D
  /** Under which it is restored. */
  name: string
  isolated: boolean
  description: string
}

/** An environment as functions see it. `D` is the database interface of `postgres/database.ts`, which this folder does not know. */
export interface Environment<D> extends Sources {
  database(source: Source): D
  /** See `ShellEnvironment.scratch`. The database does not exist yet: its restore makes it. */
  scratch(wishes: ScratchWishes, signal?: AbortSignal): Promise<Scratch<D>>
}
