import { RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import { type FoundEntry, openEntry, type QuiesceEntry, readEntries } from '../repository/journal.ts'
import { isAtWork } from '../repository/journal-watch.ts'
import { readVolumeEntries, type VolumeEntry } from '../repository/volume-journal.ts'
import { bringBack } from './bring-back.ts'
import type { QuiesceWorld } from './quiesce.ts'
import type { Workloads, WorkloadsPlace } from './volume.ts'

/** What recovery needs of the world. */
export interface RecoveryWorld extends Omit<QuiesceWorld, 'run'> {
  newRun(): string
  /** Those that were quiesced; throws where there is no such environment here. */
  workloads(place: WorkloadsPlace): Workloads
  /** Watch a run for an expiry of its lease where it cannot be told at once whether it is dead, as on another host; else it is left alone. */
  patient: boolean
}

/**
 * Brings back what dead runs left at rest. One listing where there is nothing to do. Of several at once each does the whole, which does no
 * harm: starting what runs is nothing. What fails is told and left to the next; throws only when it is aborted.
 */
export async function recoverQuiesced(world: RecoveryWorld, signal: AbortSignal): Promise<void> {
  const entries = await readEntries(world.store).catch(error => {
    warn(world.report, toRespaldoError(error))
    return []
  })
  for (const found of entries) {
    try {
      await recoverEntry(found, world, signal)
      throwIfAborted(signal)
    } catch (cause) {
      if (signal.aborted) throw cause
      warn(world.report, notRecovered(found, toRespaldoError(cause)))
    }
  }
}

async function recoverEntry(
  { key, entry }: FoundEntry,
  world: RecoveryWorld,
  signal: AbortSignal,
): Promise<void> {
  if (!entry)
    throw new RespaldoError('data-corrupt', 'It cannot be read, or is of a newer version of Respaldo')
  const alive = entry.state === 'left' ? false : world.isAlive(entry.holder)
  if (alive || (alive === undefined && !world.patient)) return
  const workloads = world.workloads(entry.place)
  // Another machine's engine has the same address, and others at it.
  const isThere = await inTime(world, signal, limited => isAnyThere(entry, workloads, limited))
  if (!isThere && entry.holder.host !== world.holder.host) return
  if (await isAtWork(world, key, signal)) return
  await assertWhole(entry, world)
  await recovered(key, entry, workloads, world, signal)
}

/** How long an engine may take to answer; nobody's command waits longer for one that another run named. */
const answerMilliseconds = 10_000

/** What an engine is asked comes to; `timed-out` when it does not answer for ten seconds. */
export async function inTime<T>(
  { clock }: Pick<RecoveryWorld, 'clock'>,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const done = new AbortController()
  const tooLong = clock.sleep(answerMilliseconds, done.signal).then(
    () => limit.abort(new RespaldoError('timed-out', 'Its engine does not answer')),
    () => {}, // it did
  )
  try {
    return await work(AbortSignal.any([signal, limit.signal]))
  } finally {
    done.abort()
    await tooLong
  }
}

/** What starts on half a volume may take it for a new one. */
async function assertWhole({ holder }: QuiesceEntry, { store }: RecoveryWorld): Promise<void> {
  const isOfSameProcess = (other: VolumeEntry) =>
    other.holder.host === holder.host &&
    other.holder.pid === holder.pid &&
    other.holder.startedAt === holder.startedAt
  const unfinished = (await readVolumeEntries(store)).find(
    entry => entry.phase !== 'making' && isOfSameProcess(entry),
  )
  if (unfinished)
    throw new RespaldoError(
      'restore-unsafe',
      `The restore of the volume ${unfinished.place.volume} (run ${unfinished.run}) is not finished`,
      { hint: 'The next run on that machine finishes or undoes it first.' },
    )
}

async function isAnyThere(
  { halted, after }: QuiesceEntry,
  workloads: Workloads,
  signal: AbortSignal,
): Promise<boolean> {
  for (const workload of [...halted.map(({ workload }) => workload), ...after])
    if (await workloads.look(workload, signal)) return true
  return false
}

/** In an entry of this run's own, because others may be at it too: who ends first must not take away the sign that the other is not done. */
async function recovered(
  key: string,
  entry: QuiesceEntry,
  workloads: Workloads,
  world: RecoveryWorld,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, report } = world
  const { holder } = entry
  const own = await openEntry(store, clock, {
    ...entry,
    run: world.newRun(),
    holder: world.holder,
    state: 'resuming',
  })
  const failure = await bringBack(own, workloads, { ...world, dead: key }, signal)
  await store.delete([key])
  if (failure) return
  const names = entry.halted.map(({ workload }) => workload.name).join(', ')
  report({
    type: 'warning',
    message: `${holder.function} run ${entry.run} on ${holder.host} (process ${holder.pid}) died and left ${names} at rest: started again`,
  })
}

function notRecovered({ key, entry }: FoundEntry, error: RespaldoError): RespaldoError {
  const names = entry?.halted.map(({ workload }) => workload.name).join(', ')
  return new RespaldoError(
    error.code,
    `What a dead run left at rest could not be started again (${names ?? key}): ${error.message}`,
    { hint: error.hint, cause: error },
  )
}
