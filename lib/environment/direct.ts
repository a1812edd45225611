import { homedir, userInfo } from 'node:os'
import { RespaldoError } from '../errors.ts'
import { readService } from './direct-service.ts'
import { parseDatabaseUrl } from './direct-url.ts'
import type { Connection, Place, Shell, ShellEnvironment, Source, Target } from './environment.ts'
import {
  type LibpqOptions,
  libpqVariables,
  optionsFromVariables,
  variablesFromOptions,
} from './libpq-options.ts'
import { startProcess } from './process.ts'
import { sourceId } from './source-id.ts'

/** Where the server is said to be. */
export interface DirectOptions {
  /** Beats the variables, which fill in what it leaves open. */
  url?: string | undefined
  /** What the client tools find: PATH, HOME, the libpq variables (PGHOST, PGSERVICE, PGPASSFILE, PGSSLMODE, …). */
  env: Readonly<Record<string, string | undefined>>
  /** The source's configured name. */
  name?: string | undefined
  /** What speaks for it: `DATABASE_URL`. */
  reason?: string | undefined
}

/**
 * A server that is reached over the network or a local socket, by client tools on this machine. All of the connection is settled here,
 * in libpq's own order (address, service, variables, defaults), and reaches the tools as variables; nothing stands in their arguments.
 */
export function directEnvironment(options: DirectOptions): ShellEnvironment {
  const settled = new WeakMap<Source, LibpqOptions>()
  const sourceFor = async (target: Target) => {
    const given = await settle(options, target)
    const source = sourceOf(given, await identity(options, target, given))
    settled.set(source, given)
    return source
  }
  return {
    name: 'direct',
    async *sources() {
      if (isNamed(options, {})) yield await sourceFor({})
    },
    async find(target) {
      if (target.container !== undefined) throw noContainer()
      if (!isNamed(options, target)) throw nothingNamed()
      const source = await sourceFor(target)
      if (target.source === undefined || isMeant(target.source, source)) return source
      throw new RespaldoError('source-not-found', `There is no source ${target.source}`, {
        hint: `There is: ${source.id}.`,
      })
    },
    shell: () => shellWith(options),
    async connection(source) {
      const given = settled.get(source)
      if (given) return connectionOf(given)
      // Without its address it would silently be another server's.
      throw new RespaldoError('internal', `The source ${source.id} is not one that this environment gave`)
    },
    async scratch({ place, user, isPlaceLost }) {
      if (isPlaceLost && options.url === undefined) throw noOtherServer()
      const given =
        options.url === undefined
          ? { ...(await settle(options, { user, database: place.database })), ...serverOf(place) }
          : await settle(options, {})
      return {
        shell: shellWith(options),
        connection: connectionOf(given),
        isolated: false,
        description: `the server ${placeOf(given).host ?? 'at the local socket'}`,
        [Symbol.asyncDispose]: async () => {}, // the database on it is removed by who made it
      }
    },
  }
}

function shellWith({ env }: DirectOptions): Shell {
  return {
    local: true,
    exec: (command, signal) => startProcess(command, { env: withoutLibpq(env) }, signal),
  }
}

/** The configured name belongs to the configured database and to no other that a target says instead. */
async function identity(
  options: DirectOptions,
  target: Target,
  given: LibpqOptions,
): Promise<{ name: string | undefined; reason: string }> {
  const reason = target.url === undefined ? (options.reason ?? 'the variables of libpq') : '--url'
  const isConfigured = isNamed(options, {}) && samePlace(given, await settle(options, {}))
  return { reason, name: isConfigured ? options.name : undefined }
}

function samePlace(one: LibpqOptions, other: LibpqOptions): boolean {
  return JSON.stringify(placeOf(one)) === JSON.stringify(placeOf(other))
}

function isMeant(wanted: string, { id, place }: Source): boolean {
  return wanted === id || wanted === place.database
}

/** An address, or one of the variables that say which server or database it is; a user or a TLS mode alone names nothing. */
function isNamed({ url, env }: DirectOptions, target: Target): boolean {
  const naming = [env.PGHOST, env.PGHOSTADDR, env.PGSERVICE, env.PGPORT, env.PGDATABASE]
  return Boolean(target.url ?? url) || naming.some(Boolean)
}

async function settle({ url, env }: DirectOptions, target: Target): Promise<LibpqOptions> {
  const address = target.url ?? url
  const fromUrl = address ? parseDatabaseUrl(address) : {}
  const variables = optionsFromVariables(env)
  // An address stands for itself: a service in the variables would beat its parts.
  const service = fromUrl.service ?? (address ? undefined : variables.service)
  const fromService = service ? await readService(service, env) : {}
  const merged: LibpqOptions = { ...variables, ...fromService, ...fromUrl, ...fromTarget(target) }
  if (fromUrl.host !== undefined && fromUrl.hostaddr === undefined) delete merged.hostaddr
  delete merged.service
  const user = merged.user ?? systemUser()
  return { connect_timeout: '15', ...merged, user, dbname: merged.dbname ?? user }
}

/** libpq's default; a user without an entry in the system's list, as in some containers, has no name. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'postgres'
  }
}

function fromTarget({ database, user, password }: Target): LibpqOptions {
  return {
    ...(database === undefined ? {} : { dbname: database }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  }
}

function sourceOf(
  given: LibpqOptions,
  { name, reason }: { name: string | undefined; reason: string },
): Source {
  const place = placeOf(given)
  return { id: sourceId(place, undefined, name), kind: 'postgres', place, state: 'running', reason }
}

/** Several hosts are one place: one server's addresses, or its standbys'. */
function placeOf({ host, hostaddr, port = '5432', dbname = '' }: LibpqOptions): Place {
  const server = host ?? hostaddr
  const name = server?.startsWith('/') ? server : server?.toLowerCase()
  const isOnePort = /^\d+$/.test(port)
  return {
    environment: 'direct',
    ...(name === undefined ? {} : { host: isOnePort ? name : `${name} ${port}` }),
    ...(isOnePort ? { port: Number(port) } : {}),
    database: dbname,
  }
}

function serverOf({ host, port }: Place): LibpqOptions {
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port: `${port}` }) }
}

function connectionOf(given: LibpqOptions): Connection {
  return { database: given.dbname ?? '', user: given.user ?? '', env: variablesFromOptions(given) }
}

/** Client tools get the libpq variables of the connection alone, and still find the user's own files (.pgpass, certificates). */
function withoutLibpq(env: DirectOptions['env']): Record<string, string | undefined> {
  const settledElsewhere = new Set<string>([
    ...Object.values(libpqVariables),
    'PGSERVICEFILE',
    'DATABASE_URL',
  ])
  const rest = Object.entries(env).filter(([name]) => !settledElsewhere.has(name))
  return { HOME: homedir(), ...Object.fromEntries(rest) }
}

function noContainer(): RespaldoError {
  return new RespaldoError('input-invalid', 'A server that is reached directly has no container', {
    hint: 'Give --url instead of --container, or --environment docker with it.',
  })
}

function noOtherServer(): RespaldoError {
  return new RespaldoError('environment-unavailable', 'There is no other server than the one that is lost', {
    hint: 'Name one with scratch.url in the configuration.',
  })
}

function nothingNamed(): RespaldoError {
  return new RespaldoError('source-not-found', 'No database is named', {
    hint: 'Give --url postgres://…, or set DATABASE_URL or PGHOST and PGDATABASE.',
  })
}
