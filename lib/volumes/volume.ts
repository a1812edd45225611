import type { Bytes } from '../bytes.ts'
import type { EnvironmentName, Maker, VolumePlace } from '../environment/environment.ts'

/** What of a volume a backup holds. No list means the whole of it. */
export interface VolumeScope {
  /** Patterns of paths from the volume's root (see `excludedBy`) that are left out. */
  exclude?: readonly string[]
}

/** Who mounts a volume. */
export interface VolumeUser {
  /** Of the container, or of the pod. */
  name: string
  state: 'running' | 'paused' | 'stopped'
  readOnly: boolean
  /** Where the volume is mounted there. */
  path: string
  /** Why it counts as a database server: then a copy of its files while it runs is worth little. */
  database: string | undefined
}

/** How a volume was made, and so how it is made again. Opaque to all but its environment; never a secret. */
export type VolumeRecipe = Readonly<Record<string, unknown>>

/** What is known of a volume without reading it. */
export interface VolumeInfo {
  users: readonly VolumeUser[]
  recipe: VolumeRecipe
  /** Of what it holds; undefined where telling it would take as long as reading it. */
  usedBytes: number | undefined
  /** The run whose restore made it; undefined for all others. */
  madeBy: string | undefined
}

/**
 * One volume, wherever it lives.
 *
 * Its content passes as a tar whose names begin with `volume/`, the root's own entry first. A clean end says that the transport was whole;
 * that the tar is, `walk` judges.
 */
export interface Volume {
  /** `source-not-found` when there is none. */
  inspect(signal?: AbortSignal): Promise<VolumeInfo>
  read(signal?: AbortSignal): Bytes
  /** Adds what the tar holds, and overwrites what has its names; nothing is deleted. */
  write(tar: Bytes, signal?: AbortSignal): Promise<void>
  /** Clears it and copies the content of another one of the same environment in, owner and mode of the root too. `environment-unavailable` where no process can run that does. */
  replaceWith(staged: VolumePlace, signal?: AbortSignal): Promise<void>
  /** Says whether `replaceWith` could run here. Nothing is changed. */
  isReplaceable(signal?: AbortSignal): Promise<boolean>
  /** Of the place where it lives; undefined where that cannot be told. */
  freeBytes(signal?: AbortSignal): Promise<number | undefined>
  remove(signal?: AbortSignal): Promise<void>
}

/** What a caller said of the volumes that are wanted. */
export interface VolumeTarget {
  /** Each by its name or by its source's id. */
  volumes?: readonly string[] | undefined
  /** All that this container (or pod) mounts. */
  container?: string | undefined
  /** All of this Compose project. */
  project?: string | undefined
  namespace?: string | undefined
}

/** A volume that can be backed up. */
export interface VolumeSource {
  /** As that of databases: unique within a repository. */
  id: string
  kind: 'volume'
  place: VolumePlace
  /** Why it was taken for a source. */
  reason: string
}

/** The volumes of an environment. */
export interface Volumes {
  /** What a volume may have and no tar of this environment holds, for people: `times below a second`. */
  readonly lost: string
  /** What can be seen, in a stable order; none that Respaldo made for itself. */
  sources(signal?: AbortSignal): AsyncIterable<VolumeSource>
  /** Those that are meant, at least one. `source-not-found` names what there is. */
  find(target: VolumeTarget, signal?: AbortSignal): Promise<readonly VolumeSource[]>
  volume(place: VolumePlace): Volume
  /** The source that a volume of this name would be; nobody looks whether there is one. */
  sourceOf(name: string, namespace?: string): VolumeSource
  /**
   * Makes one of this name. `input-invalid` when it exists, or when the recipe lacks a secret; `restore-unsafe` when it would be the same folder or
   * share as another one. `scratch` marks one that is thrown away again, whatever the recipe says: what dead makers left is removed.
   * `run` is told by `madeBy` for as long as the volume is there.
   */
  make(
    name: string,
    recipe: VolumeRecipe,
    options: { scratch?: Maker; run?: string },
    signal?: AbortSignal,
  ): Promise<VolumePlace>
  /** Removes scratch volumes and never-started readers of makers that are dead. */
  sweep(isAlive: (maker: Maker) => boolean | undefined, signal?: AbortSignal): Promise<void>
  readonly workloads: Workloads
}

/** Something that runs and can be made to rest: a container, a Deployment, a StatefulSet. */
export interface Workload {
  /** What it is called there; unique in its environment with its namespace. */
  name: string
  /** Of the container, or the uid of the object: another one of its name is not it, nor is one of another engine or cluster. */
  id: string
  kind: 'container' | 'deployment' | 'statefulset'
  namespace?: string | undefined
}

/** Where workloads live, so that the same ones are found again later, by another process; never a secret. */
export interface WorkloadsPlace {
  environment: EnvironmentName
  /** Of the engine, as `DOCKER_HOST` has it. */
  address?: string | undefined
}

/** How a workload rests. */
export type Rest = 'stop' | 'pause'

/** What is needed to bring a workload back to how it was; kept in the journal, so plain JSON. */
export interface Halted {
  workload: Workload
  rest: Rest
  /** Of a scaled workload. */
  replicas?: number
}

/** A workload and what its labels ask for. */
export interface Client {
  workload: Workload
  /** False also for one that is paused. */
  running: boolean
  /** `respaldo.stop`, `respaldo.pause`: how it wants to rest while what it uses is read. */
  rest: Rest | undefined
  /** `respaldo.exec-before`, `respaldo.exec-after`: commands run in it around the reading, by its own shell. */
  execBefore: string | undefined
  execAfter: string | undefined
  /** Names of those that have to run before it does. */
  dependsOn: readonly string[]
}

/** Who uses volumes and databases, and how they are made to rest and go on. This process's own container is never among them. */
export interface Workloads {
  /** Those that mount the volume. */
  usersOf(volume: VolumePlace, signal?: AbortSignal): Promise<readonly Client[]>
  /** Those that a label `respaldo.client-of` with the database's container or source id names as its clients. */
  clientsOf(name: string, signal?: AbortSignal): Promise<readonly Client[]>
  /** Those of a Compose project (of a namespace). */
  ofProject(project: string, signal?: AbortSignal): Promise<readonly Client[]>
  /** The very one, as it is now; undefined when it is gone, or never was here. */
  look(workload: Workload, signal?: AbortSignal): Promise<Client | undefined>
  /** What `resume` will need; asked before `halt`, so that it can be written down first. `input-invalid` for what would be gone when it rests so. */
  remember(workload: Workload, rest: Rest, signal?: AbortSignal): Promise<Halted>
  /** Resolves when it rests, also when it was paused and is to be stopped. Idempotent. */
  halt(halted: Halted, signal?: AbortSignal): Promise<void>
  /**
   * Brings it back and waits until it runs, and is healthy where it tells, within the limit; `timed-out` otherwise. `source-unreachable` when it is
   * gone, or ends again at once with a failure. Idempotent, also while a dead run's `halt` is still under way.
   */
  resume(halted: Halted, options: { limitMilliseconds: number }, signal?: AbortSignal): Promise<void>
  /** Runs a command line in it by `sh -c`; `command-failed` when it fails. */
  run(
    workload: Workload,
    line: string,
    options: { limitMilliseconds: number },
    signal?: AbortSignal,
  ): Promise<void>
}
