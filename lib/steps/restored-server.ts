import { RespaldoError } from '../errors.ts'
import { silent } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { RestoreResult } from '../postgres/database.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import { serverName } from '../repository/server-runs.ts'
import { isConfirmed } from './confirmed.ts'
import { type Done, each } from './each.ts'
import {
  chosenBackups,
  plannedServer,
  referenceOf,
  requestFor,
  runWarnings,
  type ServerParts,
  type ServerPlan,
  type ServerRequest,
} from './planned-server.ts'
import { quiescedClients } from './quiesced.ts'
import { backupInput, restored } from './restored.ts'
import { serverRoles } from './server-roles.ts'

/** What a restore of a server did. */
export interface RestoredServer {
  serverRun: string
  server: string
  /** Those that were made. */
  roles: readonly string[]
  databases: readonly Done<'database', { backup: string; restored: RestoreResult }>[]
}

/**
 * Restores the databases of a run to a server: missing roles first, then each as a restore of one. One that fails stays as it was and stops
 * no other; see `each`. When any is replaced, the server's name has to confirm it.
 */
export async function restoredServer(
  request: ServerRequest,
  context: Context,
  parts: ServerParts,
): Promise<RestoredServer> {
  const server = serverName(parts.target.source.place)
  const confirmed = isConfirmed(server, request.confirm)
  // What the plan would warn of is told when it is done.
  const quiet = { ...context, report: silent }
  if (!confirmed) assertReplacesNothing(await plannedServer(request, quiet, parts))
  const chosen = chosenBackups(request, context, parts)
  const roles = await createdRoles(context, parts)
  const facts = { serverRun: parts.run.id, server, roles }
  const task = {
    what: 'database' as const,
    done: 'restored',
    failed: 'Those that failed are as they were.',
    facts,
  }
  const byName = new Map(chosen.map(manifest => [manifest.source.place.database, manifest]))
  const { target: located, repository } = parts
  await using _resting = await quiescedClients(request.rest, context, {
    located,
    repository,
    operation: 'restore',
  })
  const databases = await each([...byName.keys()], task, context, name =>
    restoredOne(
      byName.get(name)!,
      { ...request, rest: undefined, confirm: confirmed ? name : undefined },
      context,
      parts,
    ),
  )
  return { ...facts, databases }
}

async function restoredOne(
  manifest: DatabaseManifest,
  request: ServerRequest,
  context: Context,
  { repository, target }: ServerParts,
): Promise<{ backup: string; restored: RestoreResult }> {
  const { database } = manifest.source.place
  const input = await backupInput(repository, manifest, { replaces: true })
  const parts = { input, manifest, repository, target: await target.beside(database, context.signal) }
  const result = await restored(requestFor(database, request, context), context, parts, request)
  return { backup: referenceOf(manifest), restored: result }
}

async function createdRoles(
  context: Context,
  { run, target, repository }: ServerParts,
): Promise<readonly string[]> {
  const { report, signal } = context
  const { globals, missing, warnings } = await serverRoles(run, { target, repository }, context)
  for (const message of [...runWarnings(run), ...warnings]) report({ type: 'warning', message })
  if (globals === undefined || missing.length === 0) return []
  report({ type: 'step', step: 'roles', message: `Creating the roles ${missing.join(', ')}` })
  await target.database.server().createRoles(globals, missing, signal)
  return missing
}

function assertReplacesNothing(plan: ServerPlan): void {
  const { server, replaces } = plan
  if (replaces.length === 0) return
  throw new RespaldoError(
    'not-confirmed',
    `The restore would replace databases of ${server}: ${replaces.join(', ')}`,
    { hint: `Confirm with the server's name, ${server}.`, context: { plan, confirm: server } },
  )
}
