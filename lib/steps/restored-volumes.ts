import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { Repository } from '../repository/repository.ts'
import type { VolumeRestorePlan, VolumeRestoreRequest } from '../volumes/restore-plan.ts'
import { assertAllowed, assertConfirmed, isConfirmed } from './confirmed.ts'
import { type Done, each } from './each.ts'
import { plannedVolume } from './planned-volume.ts'
import { openReading } from './reading.ts'
import { restoredVolume, type VolumeRestored } from './restored-volume.ts'
import type { VolumeRestoreParts } from './volume-work.ts'
import { locateVolumeTarget, type VolumeTargetWish, type VolumeToRestore } from './volumes-to-restore.ts'

/** What a caller says of a restore of volumes. */
export interface VolumesRestoreRequest extends VolumeTargetWish {
  paths?: readonly string[] | undefined
  stop?: boolean | undefined
  /** The name of the volume that is replaced; of several all, separated by commas. */
  confirm?: string | undefined
  wait?: boolean | undefined
}

/** A plan for one volume. */
export interface VolumePlan {
  backup: string
  plan: VolumeRestorePlan
}

type Parts = { volumes: readonly VolumeToRestore[]; repository: Repository }

/** What a restore of these volumes would do; nothing is changed. */
export async function plannedVolumes(
  request: VolumesRestoreRequest,
  context: Context,
  parts: Parts,
): Promise<readonly VolumePlan[]> {
  const plans: VolumePlan[] = []
  for (const one of await located(request, context, parts)) {
    await using _reading =
      one.manifest && (await openReading(context, parts.repository, one.manifest, 'restore'))
    const { plan } = await plannedVolume(wishOf(request), context, one)
    plans.push({ backup: one.input.name, plan })
  }
  return plans
}

/**
 * Restores volumes one after the other; one that fails stops no other (see `each`). Several are all planned before the first is begun, and those of
 * them that are replaced confirmed together.
 */
export async function restoredVolumes(
  request: VolumesRestoreRequest,
  context: Context,
  parts: Parts,
): Promise<readonly Done<'volume', { backup: string; restored: VolumeRestored }>[]> {
  const all = await located(request, context, parts)
  const [only, ...others] = all
  const one = async (parts: VolumeRestoreParts, confirm: string | undefined) => ({
    backup: parts.input.name,
    restored: await restoredVolume(wishOf(request), context, parts, { wait: request.wait, confirm }),
  })
  if (only && others.length === 0)
    return [{ volume: only.target.source.place.volume, ...(await one(only, request.confirm)) }]
  assertAllConfirmed(await plannedVolumes(request, context, parts), request.confirm)
  const byName = new Map(all.map(one => [one.target.source.place.volume, one]))
  const task = {
    what: 'volume' as const,
    done: 'restored',
    failed: 'Those that failed hold what they held before, unless it says otherwise.',
    facts: {},
  }
  return each([...byName.keys()], task, context, name => one(byName.get(name)!, name))
}

const wishOf = ({ into, paths, stop }: VolumesRestoreRequest): VolumeRestoreRequest => ({
  mode: into === undefined ? 'in-place' : 'into',
  paths,
  stop,
})

async function located(
  request: VolumesRestoreRequest,
  { services, signal }: Context,
  { volumes, repository }: Parts,
): Promise<VolumeRestoreParts[]> {
  if (request.into !== undefined && volumes.length > 1)
    throw new RespaldoError('input-invalid', `${volumes.length} volumes cannot be restored into one`, {
      hint: 'Name one of them with --volume.',
    })
  const all: VolumeRestoreParts[] = []
  for (const { input, manifest, ...one } of volumes)
    all.push({
      input,
      manifest,
      repository,
      target: await locateVolumeTarget({ input, ...one }, request, services, signal),
    })
  return all
}

function assertAllConfirmed(plans: readonly VolumePlan[], confirm: string | undefined): void {
  for (const { plan } of plans) assertAllowed(plan)
  const replaced = plans.flatMap(({ plan }) => plan.replaces ?? [])
  const names = replaced.length > 0 ? replaced.join(', ') : undefined
  if (names !== undefined && isConfirmed(names, confirm)) return
  const merged = {
    steps: plans.flatMap(({ plan }) => plan.steps),
    warnings: plans.flatMap(({ plan }) => plan.warnings),
    refusals: [],
    replaces: names,
  }
  assertConfirmed(merged, confirm, 'volume')
}
