import { RespaldoError, toRespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { VolumePhase } from '../repository/volume-journal.ts'
import { fingerprintOf } from '../volumes/fingerprint.ts'
import { compareFingerprints } from '../volumes/fingerprint-compare.ts'
import type { Volumes } from '../volumes/volume.ts'
import { compareVolume, type NamedVolume } from './compared-volume.ts'
import { stagedVolume } from './staged-volume.ts'
import type { VolumeSafety } from './volume-safety.ts'
import type { VolumeWork } from './volume-work.ts'

/** Gives a volume back what its safety backup holds, unless it holds that. */
export async function putBack(
  volume: NamedVolume,
  safety: VolumeSafety,
  { volumes, run }: { volumes: Volumes; run: string },
  context: Context,
): Promise<void> {
  const { report, signal } = context
  report({ type: 'step', step: 'undo', message: `Giving ${volume.name} back what it held` })
  const now = await fingerprintOf(volume.read(signal))
  if (!compareFingerprints(safety.expected.fingerprint, now)) return
  const staged = await stagedVolume(`respaldo-undo-${run}`, safety, volumes, context)
  try {
    await volume.replaceWith(staged.place, signal)
    await compareVolume(volume, safety.expected, context)
  } finally {
    await staged.remove()
  }
}

/** What is done to a volume, and what the journal says meanwhile. */
export interface Change {
  phase: VolumePhase
  change(context: Context): Promise<void>
}

/**
 * Changes a volume so that, whatever fails, it holds in the end what it held before, or the next run sees to that. Once it is begun only the loss
 * of the lease ends it early. An error with `safety` in its context says that it is unfinished.
 */
export async function orPutBack(
  work: VolumeWork,
  safety: VolumeSafety,
  { phase, change }: Change,
): Promise<void> {
  const { held, volume, parts, journal } = work
  const context = { ...work.context, signal: held.lost }
  let failed: RespaldoError | undefined
  try {
    await journal.enter(phase)
    await change(context)
  } catch (error) {
    failed = toRespaldoError(error)
  }
  try {
    if (failed) await putBack(volume, safety, { volumes: parts.target.volumes, run: held.run }, context)
    await journal.clear()
  } catch (cause) {
    await journal.leave(phase)
    throw unfinished(volume.name, safety.reference, failed ?? toRespaldoError(cause))
  }
  if (failed) throw asBefore(volume.name, failed)
}

/** True for the error of a restore that the next run on the volume finishes or undoes. */
export const isUnfinished = (error: unknown): boolean =>
  error instanceof RespaldoError && error.context?.safety !== undefined

function unfinished(volume: string, safety: string, cause: RespaldoError): RespaldoError {
  return new RespaldoError(
    cause.code,
    `The restore of ${volume} is not finished, and what uses it stays stopped: ${cause.message}`,
    {
      cause,
      hint: `The next run on this repository finishes or undoes it. What the volume held is in the safety backup ${safety}.`,
      context: { ...cause.context, safety },
    },
  )
}

const asBefore = (volume: string, cause: RespaldoError): RespaldoError =>
  new RespaldoError(cause.code, `${cause.message}; ${volume} holds what it held before`, {
    cause,
    hint: cause.hint,
    context: cause.context,
  })
