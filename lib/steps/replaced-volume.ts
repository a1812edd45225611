import { compareVolume } from './compared-volume.ts'
import { type Change, isUnfinished, orPutBack } from './put-back.ts'
import { restingUsers } from './resting-users.ts'
import { whilePinned } from './safety-pin.ts'
import { stagedVolume } from './staged-volume.ts'
import { type VolumeSafety, volumeSafety } from './volume-safety.ts'
import { assertVolumeRoom, type VolumeWork, writeInto } from './volume-work.ts'

/** Replaces all that a volume holds, from a temporary volume in which it was compared: its users rest only for the safety backup and the copying. */
export async function replaceVolume(work: VolumeWork): Promise<{ safety: string }> {
  const { held, volume, expected, parts, context } = work
  const staged = await stagedVolume(`respaldo-staged-${held.run}`, work, parts.target.volumes, context)
  const { digest, bytes } = expected.fingerprint
  const copying = ({ reference: safety, expected: old }: VolumeSafety): Change => ({
    phase: { phase: 'replacing', staged: staged.place, digest, safety },
    async change(world) {
      await assertVolumeRoom(volume, bytes - old.fingerprint.bytes, world.signal)
      world.report({ type: 'step', step: 'replace', message: `Copying it into ${volume.name}` })
      await volume.replaceWith(staged.place, world.signal)
      await compareVolume(volume, expected, world)
    },
  })
  let isNeeded = false
  try {
    return { safety: await afterSafety(work, copying) }
  } catch (error) {
    isNeeded = isUnfinished(error)
    throw error
  } finally {
    if (!isNeeded) await staged.remove()
  }
}

/** Writes over what a volume holds, if it holds anything: some paths, of which nothing else is touched, or all. */
export async function overwriteVolume(work: VolumeWork): Promise<{ safety: string }> {
  const { request, volume, input, expected } = work
  const writing = ({ reference: safety }: VolumeSafety): Change => ({
    phase: { phase: 'overwriting', ...(request.paths ? { paths: request.paths } : {}), safety },
    async change(world) {
      await writeInto(volume, input, world)
      await compareVolume(volume, expected, world)
    },
  })
  return { safety: await afterSafety(work, writing) }
}

/** While nobody uses the volume: backs it up and changes it, or gives it back what it held. */
async function afterSafety(work: VolumeWork, changeFor: (safety: VolumeSafety) => Change): Promise<string> {
  const { context, parts } = work
  await using resting = await restingUsers(work)
  const safety = await volumeSafety(work)
  try {
    await whilePinned(safety.reference, context, parts.repository, () =>
      orPutBack(work, safety, changeFor(safety)),
    )
  } catch (error) {
    // What would start on half a volume might take it for a new one.
    if (isUnfinished(error)) await resting.leave()
    throw error
  }
  return safety.reference
}
