import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Clock, compactTime, systemClock } from './clock.ts'
import {
  type Check,
  type Configuration,
  type ConfiguredSource,
  chosenDatabases,
  meantSource,
} from './config.ts'
import { type Candidate, detect, discovered, type Evidence } from './environment/detect.ts'
import { directEnvironment } from './environment/direct.ts'
import { type DockerAddress, dockerEnvironment, parseDockerHost } from './environment/docker.ts'
import { embeddedEnvironment } from './environment/embedded.ts'
import type {
  Environment,
  EnvironmentName,
  Scratch,
  ScratchWishes,
  Shell,
  ShellEnvironment,
  Source,
  Target,
} from './environment/environment.ts'
import { startProcess } from './environment/process.ts'
import { RespaldoError } from './errors.ts'
import type { Database, DatabaseChoice, Scripts } from './postgres/database.ts'
import type { OpenedFile } from './postgres/foreign.ts'
import { scratchDatabase } from './postgres/scratch.ts'
import { shellScripts } from './postgres/script.ts'
import { shellDatabase } from './postgres/shell-database.ts'
import { splitStatements } from './postgres/sql-split.ts'
import type { Holder } from './repository/lease.ts'
import { openRepository, type Repository } from './repository/repository.ts'
import type { GivenRetention } from './retention/policy.ts'
import { filesystemStore } from './store/filesystem.ts'
import { type Strategy, strategyOf } from './strategy/type.ts'
import { type NewFile, newFile, openFile } from './user-files.ts'

export type { NewFile } from './user-files.ts'

/** Who called: what only the command line may say is refused to the others. */
export type Origin = 'cli' | 'http' | 'cron'

/** An environment whose databases can be dumped and restored. */
export type DatabaseEnvironment = Environment<Database>

/** What a caller says of the database that is meant, beside what is configured. */
export interface Wanted extends Target {
  environment?: EnvironmentName | undefined
  folder?: string | undefined
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
  /** A place to restore a backup on trial: beside where it comes from, else on the configured scratch server. */
  scratch(wishes: Omit<ScratchWishes, 'maker' | 'isAlive'>, signal?: AbortSignal): Promise<Scratch<Database>>
  /** What has to be true of what was restored there. */
  checks: readonly Check[]
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
  const candidates = (wanted: Wanted) => environments(wanted, settings)
  return {
    clock,
    origin: settings.origin,
    ...(settings.signal ? { signal: settings.signal } : {}),
    profile: settings.profile,
    strategy: strategyOf(settings.configuration.strategy),
    retention: settings.retention,
    timeZone: settings.configuration.timeZone ?? 'UTC', // the same days on every machine
    host: hostname(),
    tool: `respaldo ${settings.version}`,
    newRun: () => `${compactTime(clock.now()).toLowerCase()}-${randomBytes(4).toString('hex')}`,
    holder: settings.holder,
    isAlive: settings.isAlive,
    repository: options => openRepository(filesystemStore({ root: settings.directory }), clock, options),
    scratch: (wishes, signal) =>
      scratch({ ...wishes, maker: settings.holder, isAlive: settings.isAlive }, settings, signal),
    checks: settings.configuration.checks ?? [],
    locate: (wanted, signal) => locate(wanted, settings, signal),
    openFile,
    newFile,
    scripts: localScripts(settings),
    candidates,
  }
}

async function locate(wanted: Wanted, settings: Settings, signal?: AbortSignal): Promise<Located> {
  const candidates = environments(wanted, settings)
  const configured = meantCandidate(candidates, wanted, settings)
  if (configured) return locateEntry(configured, wanted, settings, signal)
  const { environment, reason } = await detect(candidates, chosen(wanted), signal)
  return located(environment, withVariables(wanted, settings), { reason, databases: undefined }, signal)
}

/** The configured source that is named, or the only one, unless flags, or without its name variables, say where to look. */
function meantCandidate(
  candidates: readonly ConfiguredCandidate[],
  wanted: Wanted,
  { configuration }: Settings,
): ConfiguredCandidate | undefined {
  const variables = candidates.some(({ evidence }) => evidence === 'variables')
  if (chosen(wanted) !== undefined || (variables && wanted.source === undefined)) return undefined
  const entry = meantSource(configuration, wanted.source)
  return entry && candidates.find(candidate => candidate.entry === entry)
}

function locateEntry(
  { environment, why: reason, entry }: ConfiguredCandidate,
  wanted: Wanted,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Located> {
  const databases = entry && wanted.database === undefined ? chosenDatabases(entry) : undefined
  const given = environment.name === 'embedded' ? wanted : withVariables(wanted, settings)
  const target = {
    ...given,
    source: undefined,
    container: entry?.container,
    database: given.database ?? entry?.database,
    user: given.user ?? entry?.user,
  }
  return located(environment, target, { reason, databases }, signal)
}

async function located(
  environment: DatabaseEnvironment,
  target: Target,
  how: Pick<Located, 'reason' | 'databases'>,
  signal?: AbortSignal,
): Promise<Located> {
  const source = await environment.find(target, signal)
  const beside: Located['beside'] = (database, signal) => {
    const other = { ...target, source: undefined, container: source.place.container, database }
    return located(environment, other, { ...how, databases: undefined }, signal)
  }
  return { environment, source, database: environment.database(source), ...how, beside }
}

/** The environment that the caller's own words lead to. */
function chosen({ environment, folder, url, container }: Wanted): EnvironmentName | undefined {
  return environment ?? (folder ? 'embedded' : url ? 'direct' : container ? 'docker' : undefined)
}

/** `POSTGRES_*` stand in for flags that were not given. A password has no flag. */
function withVariables(wanted: Wanted, { variables }: Settings): Wanted {
  if (chosen(wanted) === 'embedded') return wanted
  return {
    ...wanted,
    user: wanted.user ?? variables.POSTGRES_USER,
    password: variables.POSTGRES_PASSWORD,
    database: wanted.database ?? variables.POSTGRES_DB,
  }
}

/** `entry`: the one of the configuration that it is there for. */
type ConfiguredCandidate = Candidate<DatabaseEnvironment> & { entry: ConfiguredSource | undefined }

/** In the order in which they count: flags, variables, configuration, containers of a reachable engine. */
function environments(wanted: Wanted, settings: Settings): ConfiguredCandidate[] {
  const { configuration, variables } = settings
  const found: ConfiguredCandidate[] = []
  const add = (
    environment: DatabaseEnvironment,
    why: string,
    evidence: Evidence = 'configuration',
    entry?: ConfiguredSource,
  ) => found.push({ environment, why, evidence, entry, available: signal => discovered(environment, signal) })
  const docker = () => withDatabases(dockerEnvironment(dockerAddress(variables)))
  const direct = (reason: string, url?: string, name?: string) =>
    withDatabases(directEnvironment({ url, env: variables, reason, name }))
  const embedded = (folder: string, name?: string) =>
    embeddedEnvironment({ folder, name, statements: splitStatements })

  if (wanted.folder !== undefined) add(embedded(wanted.folder), '--folder names it', 'variables')
  if (wanted.url !== undefined) add(direct('--url', wanted.url), '--url names it', 'variables')
  const variable = ['DATABASE_URL', 'PGHOST', 'PGHOSTADDR', 'PGSERVICE'].find(name => variables[name])
  if (variable) add(direct(variable, variables.DATABASE_URL), `${variable} is set`, 'variables')
  for (const entry of configuration.sources ?? []) {
    const { environment, folder, url, name } = entry
    const configure = (environment: DatabaseEnvironment) =>
      add(environment, inConfiguration, 'configuration', entry)
    if (environment === 'embedded' && folder !== undefined) configure(embedded(folder, name))
    if (environment === 'direct') configure(direct('respaldo.yaml', url, name))
    if (environment === 'docker') configure(docker())
  }
  if (configuration.environment === 'docker') add(docker(), inConfiguration)
  add(docker(), 'a Docker engine', 'discovery')
  return found
}

async function scratch(
  wishes: ScratchWishes,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Scratch<Database>> {
  const { configuration, variables } = settings
  const { environment, folder } = wishes.place
  const url = configuration.scratch?.url
  const chosen = withDatabases(directEnvironment({ url, env: withPassword(variables, url) }))
  if (environment === 'embedded')
    return embeddedEnvironment({ folder: folder ?? '', statements: splitStatements }).scratch(wishes, signal)
  if (environment !== 'docker') return chosen.scratch(wishes, signal)
  try {
    return await withDatabases(dockerEnvironment(dockerAddress(variables))).scratch(wishes, signal)
  } catch (error) {
    const hasNone = error instanceof RespaldoError && error.code === 'environment-unavailable'
    if (hasNone && url !== undefined) return chosen.scratch(wishes, signal)
    throw error
  }
}

/** The source's password is no other server's. */
function withPassword(variables: Settings['variables'], url: string | undefined): Settings['variables'] {
  const password =
    url === undefined ? (variables.PGPASSWORD ?? variables.POSTGRES_PASSWORD) : variables.PGPASSWORD
  return { ...variables, PGPASSWORD: password }
}

const inConfiguration = 'the configuration names it'

/** Puts a shell and the database operations together. */
function withDatabases(environment: ShellEnvironment): DatabaseEnvironment {
  return {
    name: environment.name,
    sources: signal => environment.sources(signal),
    find: (target, signal) => environment.find(target, signal),
    database: source =>
      shellDatabase({
        shell: environment.shell(source),
        database: source.place.database,
        connect: () => environment.connection(source),
      }),
    scratch: async (wishes, signal) =>
      scratchDatabase(await environment.scratch(wishes, signal), wishes, signal),
  }
}

function dockerAddress({
  DOCKER_HOST,
  DOCKER_TLS_VERIFY,
  DOCKER_CERT_PATH,
}: Settings['variables']): DockerAddress {
  if (!DOCKER_HOST) return {}
  const address = parseDockerHost(DOCKER_HOST, { tls: Boolean(DOCKER_TLS_VERIFY) })
  if (!DOCKER_CERT_PATH || !DOCKER_TLS_VERIFY) return address
  const read = (name: string) => readFileSync(join(DOCKER_CERT_PATH, name), 'utf8')
  return { ...address, ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}

/** pg_restore as this machine has it; scripts are made without any server. */
function localScripts({ variables }: Settings): Scripts {
  const shell: Shell = {
    local: true,
    exec: (command, signal) => startProcess(command, { env: variables }, signal),
  }
  return shellScripts(async run => ({ shell, connection: { database: '', user: '', env: {} }, run }))
}
