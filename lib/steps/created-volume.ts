import { type Report, warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { type Manifest, scopeKey, type VolumeManifest } from '../repository/manifest.ts'
import type { Level } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import type { LocatedVolume } from '../services.ts'
import type { AskedType } from '../strategy/type.ts'
import type { Rest, VolumeInfo, VolumeScope } from '../volumes/volume.ts'
import { plannedType } from './planned-type.ts'
import { quiescedUsers } from './quiesced.ts'
import { assertRoom } from './room.ts'
import { holdVolume } from './session.ts'
import type { Verified } from './verify-backup.ts'
import { verifyCreated } from './verify-created.ts'
import { backUpVolume } from './volume-backup.ts'

/** What a caller says of a regular backup of a volume. */
export interface CreateVolumeRequest {
  asked: AskedType
  scope: VolumeScope
  name?: string | undefined
  description?: string | undefined
  /** How far it is verified at once. */
  verify?: Level | undefined
  wait?: boolean | undefined
  /** How those rest that use it, until it has been read; what their labels say counts more. */
  rest?: Rest | undefined
}

/** A regular backup of a volume, and how its verification came out where one was asked for. */
export interface CreatedVolume {
  backup: VolumeManifest
  verified?: Verified
}

/** Makes a regular backup of one volume, under its lease: see `backUpVolume`. One that fails its verification stays listed, and the run fails. */
export async function createdVolume(
  request: CreateVolumeRequest,
  context: Context,
  { located, repository }: { located: LocatedVolume; repository: Repository },
): Promise<CreatedVolume> {
  const { source, volumes } = located
  const { asked, scope } = request
  const holding = { wait: request.wait, operation: 'volume-backup' }
  await using held = await holdVolume(context, repository, located, holding)
  const heldContext = { ...context, signal: held.signal }
  const info = await volumes.volume(source.place).inspect(held.signal)
  const wish = { asked, source: source.id, scope, format: 'tar' as const }
  const { reason, base } = await plannedType(wish, heldContext, repository)
  const lastFull = await lastFullOf(source.id, scope, repository)
  if (!base) await assertRoom(repository.store, neededBytes(lastFull, info))
  const expectedBytes = info.usedBytes ?? lastFull?.sizes.raw
  const parts = { located, repository, info, held, operation: 'volume-backup' }
  const resting = { asked: request.rest, isWritten: false }
  await using users = await quiescedUsers(source.place, resting, heldContext, parts)
  tellDatabases(source.id, info, users.names, context.report)
  const chosen = { ...request, kind: 'regular' as const, reason, base, expectedBytes }
  const backup = await backUpVolume(chosen, context, { ...parts, resting: users })
  if (request.verify === undefined) return { backup }
  return { backup, verified: await verifyCreated(backup, request.verify, heldContext, repository) }
}

async function lastFullOf(source: string, scope: VolumeScope, repository: Repository) {
  const { backups } = await repository.catalog(source)
  return backups.find(backup => backup.type === 'full' && scopeKey(backup.scope) === scopeKey(scope))
}

/** With less a full will hardly do: half of what the last one took, else a third of what the volume holds, as far as that is known. */
const neededBytes = (lastFull: Manifest | undefined, { usedBytes = 0 }: VolumeInfo): number =>
  lastFull ? lastFull.sizes.stored / 2 : usedBytes * 0.3

/** A copy of files that a database is writing to may not start. */
function tellDatabases(
  volume: string,
  { users }: VolumeInfo,
  resting: readonly string[],
  report: Report,
): void {
  for (const { name, state, readOnly, database } of users)
    if (state === 'running' && !readOnly && database !== undefined && !resting.includes(name))
      warn(report, {
        message: `${volume} is in use by the database server ${name} (${database}), which runs: a copy of its files alone may not start again`,
        hint: `Back the database up with \`respaldo create --container ${name}\`, or let it rest meanwhile with --stop.`,
      })
}
