import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { RestoreInput, RestoreRequest, RestoreResult } from '../postgres/database.ts'
import { type DatabaseManifest, isWhole, scopeKey } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located } from '../services.ts'
import type { Rest } from '../volumes/volume.ts'
import { assertAllowed, assertConfirmed } from './confirmed.ts'
import { assertCanRest, quiescedClients } from './quiesced.ts'
import { openReading } from './reading.ts'
import { restoreInput } from './restore-input.ts'
import { safetyBackup } from './safety-backup.ts'
import { whilePinned } from './safety-pin.ts'
import { holdSource } from './session.ts'

/** What is restored and to where. */
export interface RestoreParts {
  input: RestoreInput
  /** Of the backup that is read; a foreign file has none. */
  manifest?: DatabaseManifest
  target: Located
  repository: Repository
}

/** A backup as what is restored; `restore-unsafe` when a part of a database would replace one. */
export async function backupInput(
  repository: Repository,
  manifest: DatabaseManifest,
  mode: { replaces: boolean },
): Promise<RestoreInput> {
  if (isWhole(manifest.scope) || !mode.replaces) return restoreInput(repository, manifest)
  throw new RespaldoError(
    'restore-unsafe',
    `${manifest.id} holds only a part of the database (${scopeKey(manifest.scope)}) and cannot replace it`,
    {
      hint: 'Restore it into a new database with --into NAME.',
    },
  )
}

/** What a caller says of how one database is restored. */
export interface RestoreGiven {
  confirm?: string | undefined
  wait?: boolean | undefined
  /** Of those who use the database that is replaced: from right before that until the end. */
  rest?: Rest | undefined
}

/** Restores one database under its lease, once the plan allows it and what it replaces was confirmed by name. */
export async function restored(
  request: RestoreRequest,
  context: Context,
  { input, manifest, target, repository }: RestoreParts,
  given: RestoreGiven,
): Promise<RestoreResult> {
  const { restores } = target.database
  assertCanRest(given.rest, target, context)
  await using _reading = manifest && (await openReading(context, repository, manifest, 'restore'))
  // The lease comes first: what a dead run left has to be in order before a plan can be true.
  await using held = await holdSource(context, repository, target, {
    wait: given.wait,
    operation: 'restore',
  })
  const plan = await restores.plan({ ...request, run: held.run }, input, held.signal)
  assertAllowed(plan)
  assertConfirmed(plan, given.confirm)
  await using resting = new AsyncDisposableStack()
  const beforeReplacing = async () => {
    const parts = { located: target, repository, operation: 'restore' }
    resting.use(await quiescedClients(given.rest, { ...context, signal: held.signal }, parts))
  }
  if (!plan.replaces || !request.dropFirst)
    return await restores.run(plan, { ...input, beforeReplacing }, context.report, held.signal)
  await beforeReplacing() // what clients wrote behind the safety backup would be lost
  const safety = await safetyBackup(context, { located: target, repository, held })
  return await whilePinned(safety.reference, context, repository, () =>
    restores.run(plan, { ...input, safety }, context.report, held.signal),
  )
}
