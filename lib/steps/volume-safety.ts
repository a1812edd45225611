import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { examinedTar } from '../volumes/examined-tar.ts'
import { nobodyRests } from '../volumes/quiesce.ts'
import type { VolumeInput } from '../volumes/restore-plan.ts'
import type { Expected } from './compared-volume.ts'
import { backUpVolume } from './volume-backup.ts'
import { volumeInput } from './volume-input.ts'
import type { VolumeWork } from './volume-work.ts'

/** A backup of what a volume held, read back, and what comes of it. */
export interface VolumeSafety {
  /** `<source>/<id>`. */
  reference: string
  input: VolumeInput
  expected: Expected
}

/** Backs up what is about to be overwritten, and reads it back: every chunk by its sum, the tar to its end. */
export async function volumeSafety({ context, held, parts, volume }: VolumeWork): Promise<VolumeSafety> {
  const { repository, target } = parts
  const info = await volume.inspect(context.signal)
  const request = { kind: 'safety' as const, reason: 'before a restore in place', scope: {} }
  const manifest = await backUpVolume(request, context, {
    located: target,
    repository,
    info,
    held,
    resting: nobodyRests, // whoever had to rest does until the restore has ended
  })
  return readSafety(volumeInput(repository, manifest), context)
}

/** Reads a safety backup through. */
export async function readSafety(input: VolumeInput, { report, signal }: Context): Promise<VolumeSafety> {
  report({ type: 'step', step: 'check', message: `Reading the safety backup ${input.name} back` })
  const { fingerprint } = await examinedTar(counted(input.pass(signal), 'check', report))
  const { name, pass } = input
  return { reference: name, input, expected: { name, fingerprint, pass } }
}
