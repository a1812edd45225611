import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { VolumeManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Services } from '../services.ts'
import { openFingerprint } from '../volumes/fingerprint.ts'
import { tarGuard } from '../volumes/guard.ts'
import type { Volume, Volumes } from '../volumes/volume.ts'
import { volumeWalker } from '../volumes/volume-walker.ts'
import { walkedBy } from '../walker.ts'
import { cameBack } from './came-back.ts'
import { differencesOf } from './compared-volume.ts'
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
  const { raw, passing } = repository.contents(manifest)
  const stored = openFingerprint()
  const progress = { totalBytes: manifest.sizes.raw }
  const tar = walkedBy(volumeWalker(tarGuard(), stored), counted(raw(signal), 'data', report, progress))
  await cameBack(reference, () => scratch.volume.write(tar.bytes, signal))
  const { entries, bytes } = tar.result()
  report({ type: 'step', step: 'compare', message: 'Reading it again and comparing every entry' })
  const expected = { name: reference, fingerprint: stored.result(), pass: passing }
  refuseDifferences(reference, await differencesOf(scratch.volume, expected, { report, signal }), advice)
  return { where: 'a scratch volume', compared: { entries, bytes }, seconds: seconds() }
}

const advice =
  'Nothing but a scratch volume was touched. Make a new backup, and look at what the engine says.'

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
