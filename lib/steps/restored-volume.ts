import type { Context } from '../http/create-function.ts'
import type { VolumeDeed, VolumeRestoreRequest } from '../volumes/restore-plan.ts'
import { assertAllowed, assertConfirmed } from './confirmed.ts'
import { makeVolume } from './made-volume.ts'
import { plannedVolume } from './planned-volume.ts'
import { openReading } from './reading.ts'
import { overwriteVolume, replaceVolume } from './replaced-volume.ts'
import { holdVolume } from './session.ts'
import { openWork, type VolumeRestoreParts, type VolumeWork } from './volume-work.ts'

/** What a restore of a volume did, after the volume was read again and compared. */
export interface VolumeRestored {
  volume: string
  deed: VolumeDeed
  /** How many were compared, each with the hash of its content. */
  entries: number
  /** Of the content of all files. */
  bytes: number
  /** Over all that was compared, the same of backup and volume. */
  digest: string
  /** `<source>/<id>` of the backup of what the volume held before. */
  safety?: string
}

/**
 * Restores one volume under its lease, once the plan allows it and what it replaces was confirmed by name. What the volume held is whole until the
 * new content was compared in a temporary volume, and comes back from a safety backup when anything fails later.
 */
export async function restoredVolume(
  request: VolumeRestoreRequest,
  context: Context,
  parts: VolumeRestoreParts,
  given: { confirm?: string | undefined; wait?: boolean | undefined },
): Promise<VolumeRestored> {
  const { manifest, repository, target } = parts
  await using _reading = manifest && (await openReading(context, repository, manifest, 'restore'))
  // The lease comes first: what a dead run left has to be in order before a plan can be true.
  await using held = await holdVolume(context, repository, target, { wait: given.wait, operation: 'restore' })
  const world = { ...context, signal: held.signal }
  const planned = await plannedVolume(request, world, parts)
  const { plan, expected } = planned
  assertAllowed(plan)
  assertConfirmed(plan, given.confirm, 'volume')
  const done = await deeds[plan.deed](openWork(request, planned, world, parts, held))
  const { entries, bytes, digest } = expected.fingerprint
  return { volume: plan.volume, deed: plan.deed, entries, bytes, digest, ...done }
}

const deeds: Record<VolumeDeed, (work: VolumeWork) => Promise<{ safety?: string }>> = {
  make: makeVolume,
  fill: overwriteVolume,
  add: overwriteVolume,
  replace: replaceVolume,
}
