import { errorBody, toRespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { DatabaseChoice, RestorePlan, RestoreRequest } from '../postgres/database.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { type ServerRun, serverName } from '../repository/server-runs.ts'
import type { Located } from '../services.ts'
import type { Rest } from '../volumes/volume.ts'
import { backupInput } from './restored.ts'
import { type ServerRoles, serverRoles } from './server-roles.ts'
import { chosenNames } from './whole-server.ts'

/** What a caller says of a restore of a server. */
export interface ServerRequest {
  choice: DatabaseChoice
  inPlace?: boolean | undefined
  dropFirst?: boolean | undefined
  subscriptions?: boolean | undefined
  confirm?: string | undefined
  wait?: boolean | undefined
  /** Of those who use databases of the server, from before the first until after the last. */
  rest?: Rest | undefined
}

/** The run that is restored, and to where. */
export interface ServerParts {
  run: ServerRun
  /** Any database of the server, whether it exists or not. */
  target: Located
  repository: Repository
}

/** One database of the plan: what its own restore would do, or why none can be planned. */
export type PlannedDatabase = { database: string; backup: string } & (
  | { plan: RestorePlan }
  | { error: ReturnType<typeof errorBody> }
)

/** What a restore of a server would do. */
export interface ServerPlan {
  server: string
  /** In the order in which they happen, as sentences. */
  steps: readonly string[]
  warnings: readonly string[]
  /** Names of the databases that are replaced. */
  replaces: readonly string[]
  missingRoles: readonly string[]
  databases: readonly PlannedDatabase[]
}

/** Plans the restore of a run's databases to a server; holds and changes nothing. */
export async function plannedServer(
  request: ServerRequest,
  context: Context,
  parts: ServerParts,
): Promise<ServerPlan> {
  const chosen = chosenBackups(request, context, parts)
  const roles = await serverRoles(parts.run, parts, context)
  const databases: PlannedDatabase[] = []
  for (const manifest of chosen) databases.push(await planned(manifest, { request, roles }, context, parts))
  return {
    server: serverName(parts.target.source.place),
    steps: [
      ...(roles.missing.length > 0 ? [`create the roles ${roles.missing.join(', ')}`] : []),
      ...databases.map(stepOf),
    ],
    warnings: [...runWarnings(parts.run), ...roles.warnings, ...databases.flatMap(warningsOf)],
    replaces: databases.flatMap(one => ('plan' in one && one.plan.replaces ? [one.plan.replaces] : [])),
    missingRoles: roles.missing,
    databases,
  }
}

/** The backups of the run whose databases are chosen; see `chosenNames`. */
export function chosenBackups(
  { choice }: ServerRequest,
  context: Pick<Context, 'report'>,
  { run }: ServerParts,
): DatabaseManifest[] {
  const names = run.backups.map(({ source }) => source.place.database)
  const chosen = new Set(chosenNames(names, choice, context))
  return run.backups.filter(({ source }) => chosen.has(source.place.database))
}

/** How one database of a server is restored. `postgres` is the server's own and never replaced: it has to be empty. */
export function requestFor(
  database: string,
  { inPlace, dropFirst, subscriptions }: ServerRequest,
  { services }: Context,
): RestoreRequest {
  return {
    run: services.newRun(),
    time: services.clock.now(),
    mode: database === 'postgres' ? 'into' : inPlace ? 'in-place' : 'swap',
    database,
    ...(dropFirst ? { dropFirst } : {}),
    ...(subscriptions ? { subscriptions } : {}),
  }
}

/** A backup as users write it. */
export const referenceOf = ({ source, id }: Pick<DatabaseManifest, 'source' | 'id'>): string =>
  `${source.id}/${id}`

/** What is to be known of a run before any of it is restored. */
export function runWarnings({ id, backups, databases }: ServerRun): string[] {
  if (backups.length >= databases) return []
  return [
    `of the ${databases} databases of the run ${id} only ${backups.length} have a backup; an earlier run may have the others`,
  ]
}

async function planned(
  manifest: DatabaseManifest,
  { request, roles }: { request: ServerRequest; roles: ServerRoles },
  context: Context,
  { target, repository }: ServerParts,
): Promise<PlannedDatabase> {
  const { signal } = context
  const { database } = manifest.source.place
  const one = { database, backup: referenceOf(manifest) }
  const createRoles = roles.missing.length > 0 ? { createRoles: true } : {}
  try {
    const input = await backupInput(repository, manifest, { replaces: true })
    const { restores } = (await target.beside(database, signal)).database
    const asked = { ...requestFor(database, request, context), ...createRoles }
    return { ...one, plan: await restores.plan(asked, input, signal) }
  } catch (error) {
    if (signal.aborted) throw error
    return { ...one, error: errorBody(toRespaldoError(error)) }
  }
}

function stepOf(one: PlannedDatabase): string {
  const { database, backup } = one
  const against = 'error' in one ? one.error : one.plan.refusals[0]
  if (against || 'error' in one) return `${database}: not restored: ${against?.message}`
  const { replaces, request } = one.plan
  if (request.mode === 'into') return `${database}: restore ${backup} into the empty one`
  if (!replaces) return `${database}: restore ${backup} as a new one`
  const old = request.dropFirst ? 'dropped first, after a safety backup' : 'kept'
  return `${database}: replace it by ${backup}; the old one is ${old}`
}

function warningsOf(one: PlannedDatabase): string[] {
  return 'plan' in one ? one.plan.warnings.map(warning => `${one.database}: ${warning}`) : []
}
