import { RespaldoError, toRespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import { isEmptyVolume } from '../volumes/first-entries.ts'
import type { Volume } from '../volumes/volume.ts'
import { compareVolume } from './compared-volume.ts'
import { inspected } from './planned-volume.ts'
import { assertVolumeRoom, type VolumeWork, writeInto } from './volume-work.ts'

/** Makes a volume that there was not and fills it; when that fails the volume is removed, by the next run at the latest. */
export async function makeVolume(work: VolumeWork): Promise<object> {
  const { context, held, volume, input, expected, journal, parts } = work
  const { report, signal } = context
  const phase = { phase: 'making' as const }
  await journal.enter(phase)
  try {
    report({ type: 'step', step: 'make', message: `Making the volume ${volume.name}` })
    await parts.target.volumes.make(volume.name, input.recipe, { run: held.run }, signal)
    await assertFit(work)
    await writeInto(volume, input, context)
    await compareVolume(volume, expected, context)
  } catch (error) {
    await unmake(volume, held.run).then(journal.clear, async failure => {
      await journal.leave(phase)
      warn(report, toRespaldoError(failure))
    })
    throw error
  }
  await journal.clear()
  return {}
}

/** Removes a volume if this run's restore made it. Says whether it did. */
export async function unmake(volume: Volume, run: string): Promise<boolean> {
  const found = await inspected(volume)
  if (found?.madeBy !== run) return false
  await volume.remove()
  return true
}

/** A volume of a folder or a share is new and holds what another one of the same does. */
async function assertFit({ volume, plan, context: { signal } }: VolumeWork): Promise<void> {
  if (!(await isEmptyVolume(volume.read(signal))))
    throw new RespaldoError('restore-unsafe', `The new volume ${volume.name} holds something already`, {
      hint: 'It is made as the old one was, of a folder or a share of which there is only one. Make an ordinary volume first and restore into that.',
    })
  await assertVolumeRoom(volume, plan.content.bytes, signal)
}
