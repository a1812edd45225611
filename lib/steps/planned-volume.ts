import { RespaldoError } from '../errors.ts'
import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { LocatedVolume } from '../services.ts'
import { examinedTar } from '../volumes/examined-tar.ts'
import { isEmptyVolume } from '../volumes/first-entries.ts'
import {
  type ExistingVolume,
  planVolumeRestore,
  type VolumeInput,
  type VolumeRestorePlan,
  type VolumeRestoreRequest,
} from '../volumes/restore-plan.ts'
import type { Volume, VolumeInfo } from '../volumes/volume.ts'
import type { Expected } from './compared-volume.ts'
import { chosenInput } from './volume-input.ts'

/** A plan, and what it was made of that the restore itself needs. */
export interface PlannedVolume {
  plan: VolumeRestorePlan
  /** What the request wants of the backup; it was read through, and may be written. */
  input: VolumeInput
  expected: Expected
}

/** Reads what is to be restored once through, so that nothing is begun that cannot end well, looks at the volume, and decides. */
export async function plannedVolume(
  request: VolumeRestoreRequest,
  { report, signal }: Context,
  { input: whole, target }: { input: VolumeInput; target: LocatedVolume },
): Promise<PlannedVolume> {
  const { volumes, source } = target
  const volume = volumes.volume(source.place)
  const input = chosenInput(whole, request.paths)
  const found = await inspected(volume, signal)
  report({ type: 'step', step: 'examine', message: `Reading ${input.name} through` })
  const { fingerprint, ...tar } = await examinedTar(counted(input.pass(signal), 'examine', report))
  const existing = found && (await lookedAt(volume, found, signal))
  const plan = planVolumeRestore(request, {
    volume: source.place.volume,
    input,
    tar,
    existing,
    freeBytes: existing && (await volume.freeBytes(signal)),
  })
  const expected = { name: input.name, fingerprint, pass: input.pass, isPart: plan.deed === 'add' }
  return { plan, input, expected }
}

/** Undefined when there is no such volume. */
export async function inspected(volume: Volume, signal?: AbortSignal): Promise<VolumeInfo | undefined> {
  try {
    return await volume.inspect(signal)
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'source-not-found') return undefined
    throw error
  }
}

async function lookedAt(
  volume: Volume,
  { users, usedBytes }: VolumeInfo,
  signal: AbortSignal,
): Promise<ExistingVolume> {
  const isEmpty = await isEmptyVolume(volume.read(signal))
  return { users, usedBytes, isEmpty, isReplaceable: isEmpty || (await volume.isReplaceable(signal)) }
}
