import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { VolumeManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Services } from '../services.ts'
import { nameDifferences } from '../volumes/entry-names.ts'
import { fingerprintOf, openFingerprint } from '../volumes/fingerprint.ts'
import { compareFingerprints } from '../volumes/fingerprint-compare.ts'
import { tarGuard } from '../volumes/guard.ts'
import type { Volume, Volumes } from '../volumes/volume.ts'
import { volumeWalker } from '../volumes/volume-walker.ts'
import { walkedBy } from '../walker.ts'
import { cameBack } from './came-back.ts'
import { timedPhases } from './phases.ts'
import { refuseDifferences } from './refuse-differences.ts'

/** What a trial restore of a volume showed: all of it came back. */
export interface VolumeTrialEvidence {
  /** `a scratch volume`. */
  where: string
  compared: { entries: number; bytes: number }
  /** Of each step, in order. */
  seconds: Readonly<Record<string, number>>
}

/**
 * Writes a backup into a throw-away volume of the environment that it comes from, reads that again and compares entry by entry. `data-corrupt`
 * names what differs. The volume is removed, whatever happens.
 */
export async function trialVolume(
  { services, report: tell, signal }: Context,
  { repository, manifest }: { repository: Repository; manifest: VolumeManifest },
): Promise<VolumeTrialEvidence> {
  const { report, seconds } = timedPhases(tell, services.clock)
  const reference = `${manifest.source.id}/${manifest.id}`
  const { volumes } = await services.volumes({ environment: manifest.source.place.environment })
  report({ type: 'step', step: 'scratch', message: 'Making a scratch volume' })
  await using scratch = await scratchVolume(volumes, services, signal)
  report({ type: 'step', step: 'data', message: `Writing ${reference} into it` })
  const stored = repository.contents(manifest).raw
  const backup = openFingerprint()
  const totalBytes = manifest.sizes.raw
  const tar = walkedBy(
    volumeWalker(tarGuard(), backup),
    counted(stored(signal), 'data', report, { totalBytes }),
  )
  await cameBack(reference, () => scratch.volume.write(tar.bytes, signal))
  const { entries, bytes } = tar.result()
  report({ type: 'step', step: 'compare', message: 'Reading it again and comparing every entry' })
  const again = counted(scratch.volume.read(signal), 'compare', report, { totalBytes })
  const difference = compareFingerprints(backup.result(), await fingerprintOf(again))
  if (difference) {
    const tars = { backup: stored(signal), restored: scratch.volume.read(signal) }
    const hint =
      'Nothing but a scratch volume was touched. Make a new backup, and look at what the engine says.'
    refuseDifferences(reference, await nameDifferences(difference, tars), hint)
  }
  return { where: 'a scratch volume', compared: { entries, bytes }, seconds: seconds() }
}

/** Never of the volume's own recipe: a mounted folder or share would be the very same again. */
async function scratchVolume(
  volumes: Volumes,
  { holder, isAlive, newRun }: Services,
  signal: AbortSignal,
): Promise<AsyncDisposable & { volume: Volume }> {
  await volumes.sweep(isAlive, signal)
  const volume = volumes.volume(
    await volumes.make(`respaldo-scratch-${newRun()}`, {}, { scratch: holder }, signal),
  )
  return { volume, [Symbol.asyncDispose]: () => volume.remove() }
}
