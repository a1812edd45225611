import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, compactTime, systemClock } from './clock.ts'
import { schedulesOf } from './config/schedules.ts'
import type { Check, Configuration } from './config.ts'
import type { Candidate } from './environment/detect.ts'
import type {
  Environment,
  EnvironmentName,
  Scratch,
  ScratchWishes,
  Shell,
  Source,
  Target,
} from './environment/environment.ts'
import { startProcess } from './environment/process.ts'
import type { Database, DatabaseChoice, Scripts } from './postgres/database.ts'
import type { OpenedFile } from './postgres/foreign.ts'
import { shellScripts } from './postgres/script.ts'
import type { Holder } from './repository/lease.ts'
import { openRepository, type Repository } from './repository/repository.ts'
import type { GivenRetention } from './retention/policy.ts'
import type { Schedule } from './schedule/schedule.ts'
import { environments } from './services/environments.ts'
import { locate } from './services/locate.ts'
import { scratch } from './services/scratch.ts'
import { type NewFile, newFile, openFile } from './services/user-files.ts'
import { locateVolumes, volumeEnvironments } from './services/volumes.ts'
import { openWorkloads } from './services/workloads.ts'
import { recoverLeft } from './steps/quiesced.ts'
import { filesystemStore } from './store/filesystem.ts'
import { type Strategy, strategyOf } from './strategy/type.ts'
import type { RecoveryWorld } from './volumes/recover-quiesced.ts'
import type { VolumeSource, Volumes, Workloads, WorkloadsPlace } from './volumes/volume.ts'

export type { NewFile } from './services/user-files.ts'

/** Who called: what only the command line may say is refused to the others. */
export type Origin = 'cli' | 'http' | 'cron'

/** An environment whose databases can be dumped and restored. */
export type DatabaseEnvironment = Environment<Database>

/** What a caller says of the database that is meant, beside what is configured. */
export interface Wanted extends Target {
  environment?: EnvironmentName | undefined
  folder?: string | undefined
  /** Of the kubeconfig. */
  context?: string | undefined
  /** Labels of pods. */
  selector?: string | undefined
}

/** A source that was found, and why there. */
export interface Located {
  environment: DatabaseEnvironment
  source: Source
  database: Database
  reason: string
  /** Of the server's databases, those that the configuration means where the caller names none. */
  databases: DatabaseChoice | undefined
  /** Another database of the same server, reached in the same way. */
  beside(database: string, signal?: AbortSignal): Promise<Located>
}

/** The volumes of an environment, and why there. */
export interface LocatedVolumes {
  environment: EnvironmentName
  volumes: Volumes
  reason: string
}

/** Who can be made to rest at a place. */
export interface LocatedWorkloads {
  /** With all that is needed to come there again. */
  place: WorkloadsPlace
  workloads: Workloads
}

/** One volume, among those of its environment. */
export interface LocatedVolume {
  source: VolumeSource
  volumes: Volumes
}

/** What functions receive as `c.env`: the world, opened. */
export interface Services {
  clock: Clock
  origin: Origin
  /** Aborts every run of this process. */
  signal?: AbortSignal
  profile: string
  /** When a chain has had enough. */
  strategy: Strategy
  /** What variables and the configuration say of the retention; flags count more. */
  retention: GivenRetention
  /** IANA name of the zone whose days, weeks and months people mean. */
  timeZone: string
  host: string
  /** `respaldo 0.1.0`. */
  tool: string
  /** An id for a new run: sortable, unique. */
  newRun(): string
  /** The holder that leases of this process name, and whether another one is alive where that can be told. */
  holder: Pick<Holder, 'host' | 'pid' | 'startedAt'>
  isAlive(holder: Services['holder']): boolean | undefined
  repository(options: { create: boolean }): Promise<Repository>
  locate(wanted: Wanted, signal?: AbortSignal): Promise<Located>
  /** The volumes of the environment that is wanted, else of the first that has any. `input-invalid` for one that has none. */
  volumes(wanted: { environment?: EnvironmentName | undefined }): Promise<LocatedVolumes>
  /** Every environment that may have volumes, with why; nothing is contacted. */
  volumeEnvironments(): readonly LocatedVolumes[]
  /** Who uses volumes and databases there; without an address where the variables say. `input-invalid` where nothing can be made to rest. */
  workloads(place: WorkloadsPlace): LocatedWorkloads
  /** How long each that is started again may take until it runs and is healthy. */
  quiesceLimitMilliseconds: number
  /** Brings back what dead runs left at rest; every run begins with this. See `recoverQuiesced`. */
  recoverQuiesced(how: Pick<RecoveryWorld, 'report' | 'patient'>, signal: AbortSignal): Promise<void>
  /** A place to restore a backup on trial: beside where it comes from, else on the configured scratch server. */
  scratch(wishes: Omit<ScratchWishes, 'maker' | 'isAlive'>, signal?: AbortSignal): Promise<Scratch<Database>>
  /** What has to be true of what was restored there. */
  checks: readonly Check[]
  /** What is configured to be done again and again. */
  schedules: readonly Schedule[]
  /** A file of the user's; `backup-not-found` when it is not there. Only the command line names files. */
  openFile(path: string): Promise<OpenedFile>
  /**
   * A file that is to be made: `path`, or `name` in it where that is a folder, which is the working folder by default. `input-invalid` when it
   * exists or its folder does not. Only the command line names files.
   */
  newFile(path: string | undefined, name: string): Promise<NewFile>
  /** The client tools of this machine, if it has any. */
  scripts: Scripts
  /** Every environment that could be looked at, with why. */
  candidates(wanted: Wanted): readonly Candidate<DatabaseEnvironment>[]
}

/** Everything that the world outside says, read by the runner. */
export interface Settings {
  configuration: Configuration
  directory: string
  profile: string
  /** The variables' and the configuration's. */
  retention: GivenRetention
  origin: Origin
  version: string
  /** Variables that were set: libpq's, DATABASE_URL, POSTGRES_*, DOCKER_*. */
  variables: Readonly<Record<string, string | undefined>>
  holder: Services['holder']
  isAlive: Services['isAlive']
  signal?: AbortSignal
}

/** Opens the world; nothing is contacted before it is needed. */
export function openServices(settings: Settings): Services {
  const clock = systemClock
  const timeZone = settings.configuration.timeZone ?? 'UTC' // the same days on every machine
  const candidates = (wanted: Wanted) => environments(wanted, settings)
  const store = filesystemStore({ root: settings.directory })
  const services: Services = {
    clock,
    origin: settings.origin,
    ...(settings.signal ? { signal: settings.signal } : {}),
    profile: settings.profile,
    strategy: strategyOf(settings.configuration.strategy),
    retention: settings.retention,
    timeZone,
    host: hostname(),
    tool: `respaldo ${settings.version}`,
    newRun: () => `${compactTime(clock.now()).toLowerCase()}-${randomBytes(4).toString('hex')}`,
    holder: settings.holder,
    isAlive: settings.isAlive,
    repository: options => openRepository(store, clock, options),
    scratch: (wishes, signal) =>
      scratch({ ...wishes, maker: settings.holder, isAlive: settings.isAlive }, settings, signal),
    checks: settings.configuration.checks ?? [],
    schedules: schedulesOf(settings.configuration.schedules, timeZone),
    locate: (wanted, signal) => locate(wanted, settings, signal),
    volumes: ({ environment }) => locateVolumes(environment, settings),
    volumeEnvironments: () => volumeEnvironments(settings),
    workloads: place => openWorkloads(place, settings),
    quiesceLimitMilliseconds: (settings.configuration.quiesce?.seconds ?? 60) * 1000,
    recoverQuiesced: (how, signal) => recoverLeft(services, store, how, signal),
    openFile,
    newFile,
    scripts: localScripts(settings),
    candidates,
  }
  return services
}

/** pg_restore as this machine has it; scripts are made without any server. */
function localScripts({ variables }: Settings): Scripts {
  const shell: Shell = {
    local: true,
    exec: (command, signal) => startProcess(command, { env: variables }, signal),
  }
  return shellScripts(async run => ({ shell, connection: { database: '', user: '', env: {} }, run }))
}
