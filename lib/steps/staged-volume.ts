import type { VolumePlace } from '../environment/environment.ts'
import { toRespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { VolumeInput } from '../volumes/restore-plan.ts'
import type { Volumes } from '../volumes/volume.ts'
import { compareVolume, type Expected } from './compared-volume.ts'
import { writeInto } from './volume-work.ts'

/** A temporary volume whose content was compared. */
export interface StagedVolume {
  place: VolumePlace
  /** Never throws: what stays is removed when this process is gone. */
  remove(): Promise<void>
}

/** Writes an input into a temporary volume of this name and compares it there. When that fails the volume is removed. */
export async function stagedVolume(
  name: string,
  { input, expected }: { input: VolumeInput; expected: Expected },
  volumes: Volumes,
  context: Context,
): Promise<StagedVolume> {
  const { services, report, signal } = context
  const place = await volumes.make(name, {}, { scratch: services.holder }, signal)
  const volume = { ...volumes.volume(place), name }
  const remove = () => volume.remove().catch(error => warn(report, toRespaldoError(error)))
  try {
    await writeInto(volume, input, context)
    await compareVolume(volume, expected, context)
    return { place, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
