import type { Context } from '../http/create-function.ts'
import type { DumpFormat, Globals, Scope } from '../postgres/database.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { Level } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located } from '../services.ts'
import type { AskedType } from '../strategy/type.ts'
import type { Rest } from '../volumes/volume.ts'
import { backUp, chosenFormat, preflight } from './backup.ts'
import { plannedType } from './planned-type.ts'
import { assertCanRest, quiescedClients } from './quiesced.ts'
import { holdSource } from './session.ts'
import type { Verified } from './verify-backup.ts'
import { verifyCreated } from './verify-created.ts'

/** What a caller says of a regular backup. */
export interface CreateRequest {
  asked: AskedType
  scope: Scope
  format?: DumpFormat | undefined
  name?: string | undefined
  description?: string | undefined
  rolePasswords?: boolean | undefined
  /** How far it is verified at once. */
  verify?: Level | undefined
  wait?: boolean | undefined
  /** Rests until the dump has been read. */
  rest?: Rest | undefined
}

/** What a run over a whole server gives to each of its backups. */
export interface OfServer {
  serverRun: NonNullable<DatabaseManifest['serverRun']>
  globals: Globals
}

/** A regular backup, and how its verification came out where one was asked for. */
export interface Created {
  backup: DatabaseManifest
  verified?: Verified
}

/** Makes a regular backup of one database, under its lease: see `backUp`. One that fails its verification stays listed, and the run fails. */
export async function created(
  request: CreateRequest,
  context: Context,
  { located, repository }: { located: Located; repository: Repository },
  ofServer?: OfServer,
): Promise<Created> {
  assertCanRest(request.rest, located, context)
  await using held = await holdSource(context, repository, located, {
    wait: request.wait,
    operation: 'create',
  })
  const info = await preflight(located, repository, held.signal)
  const parts = { located, repository, info, held, operation: 'create' }
  const { asked, scope } = request
  const { systemIdentifier } = info
  const wish = {
    asked,
    source: located.source.id,
    scope,
    format: chosenFormat(request, located),
    systemIdentifier,
  }
  const { reason, base } = await plannedType(wish, context, repository)
  await using resting = await quiescedClients(request.rest, { ...context, signal: held.signal }, parts)
  const chosen = { ...request, ...ofServer, kind: 'regular' as const, reason, base }
  const backup = await backUp(chosen, context, { ...parts, resting })
  if (request.verify === undefined) return { backup }
  const heldContext = { ...context, signal: held.signal }
  return { backup, verified: await verifyCreated(backup, request.verify, heldContext, repository) }
}
