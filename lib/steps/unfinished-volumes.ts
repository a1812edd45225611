import { toRespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { readVolumeEntries, type VolumeEntry } from '../repository/volume-journal.ts'
import type { Store } from '../store/store.ts'
import { inTime } from '../volumes/recover-quiesced.ts'
import { inspected } from './planned-volume.ts'
import { holdVolume } from './session.ts'

/**
 * Has restores of volumes that died on this machine finished or undone (see `recoverVolume`), before anything else is begun. One listing where there
 * is nothing to do. What fails is told and left to the next run; throws only when it is aborted. `patient`: also where it cannot be told at
 * once whether a run is dead.
 */
export async function recoverVolumes(context: Context, store: Store, patient: boolean): Promise<void> {
  const { services, report, signal } = context
  const isDead = ({ holder, left }: VolumeEntry) => {
    const alive = left ? false : services.isAlive(holder)
    return holder.host === services.holder.host && (alive === false || (alive === undefined && patient))
  }
  try {
    for (const entry of (await readVolumeEntries(store)).filter(isDead)) await recoverOne(entry, context)
  } catch (cause) {
    if (signal.aborted) throw cause
    warn(report, toRespaldoError(cause))
  }
}

async function recoverOne({ place, source: id }: VolumeEntry, context: Context): Promise<void> {
  const { services, report, signal } = context
  try {
    const { volumes } = await services.volumes({ environment: place.environment })
    await inTime(services, signal, limited => inspected(volumes.volume(place), limited))
    const located = {
      source: { id, kind: 'volume' as const, place, reason: 'a restore of it died' },
      volumes,
    }
    const repository = await services.repository({ create: false })
    await using _held = await holdVolume(context, repository, located, { operation: 'recovery' })
  } catch (cause) {
    if (signal.aborted) throw cause
    warn(report, toRespaldoError(cause))
  }
}
