import { RespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { volumeJournalKey } from '../repository/layout.ts'
import type { Repository } from '../repository/repository.ts'
import { clearVolumeEntry, readVolumeEntries, type VolumeEntry } from '../repository/volume-journal.ts'
import type { LocatedVolume } from '../services.ts'
import { fingerprintOf } from '../volumes/fingerprint.ts'
import { namesAtWork, type VolumeInput } from '../volumes/restore-plan.ts'
import type { VolumeInfo } from '../volumes/volume.ts'
import { compareVolume, type NamedVolume } from './compared-volume.ts'
import { unmake } from './made-volume.ts'
import { inspected } from './planned-volume.ts'
import { putBack } from './put-back.ts'
import { unpinSafety } from './safety-pin.ts'
import { chosenInput, volumeBackup, volumeInput } from './volume-input.ts'
import { readSafety } from './volume-safety.ts'
import { writeInto } from './volume-work.ts'

/** What going on with a dead run's restore needs. */
interface Recovery {
  context: Context
  repository: Repository
  volumes: LocatedVolume['volumes']
  volume: NamedVolume
  /** Of the run that goes on. */
  run: string
}

/**
 * Finishes or undoes what restores that died left of a volume, and tells what it did. Only for who holds the volume's source, as each entry of the
 * journal is a dead run's then. `restore-unsafe` while somebody uses the volume.
 */
export async function recoverVolume(
  context: Context,
  repository: Repository,
  { source, volumes }: LocatedVolume,
  run: string,
): Promise<void> {
  const { store } = repository
  const { volume: name } = source.place
  const recovery = { context, repository, volumes, volume: { ...volumes.volume(source.place), name }, run }
  for (const entry of await readVolumeEntries(store, source.id)) {
    const told = `A restore of ${name} (run ${entry.run} on ${entry.holder.host}) died`
    const did = await recovered(entry, recovery)
    if (did === undefined) {
      warn(context.report, { message: told, hint: `Go on there, or delete ${volumeJournalKey(entry.run)}.` })
      continue
    }
    await clearVolumeEntry(store, entry.run)
    if (entry.phase === 'replacing') await removeStaged(entry, recovery)
    if (entry.phase !== 'making') await unpinSafety(entry.safety, repository)
    warn(context.report, { message: `${told}: ${did}` })
  }
}

/** What was done; undefined for a volume of that name which may be another machine's. */
async function recovered(entry: VolumeEntry, recovery: Recovery): Promise<string | undefined> {
  const { volume, context } = recovery
  if (!(await isOfHere(entry, recovery))) return undefined
  const info = await inspected(volume, context.signal)
  if (!info) return 'the volume is gone since'
  if (entry.phase === 'making') return recoveredNew(entry, info, recovery)
  assertAtRest(entry, info, volume.name)
  const finished =
    entry.phase === 'replacing'
      ? await finishReplacing(entry, recovery)
      : await finishOverwriting(entry, recovery)
  if (finished) return `${entry.backup} is restored now`
  const safety = await readSafety(await backupInput(entry.safety, recovery), context)
  await putBack(volume, safety, recovery, context)
  return `${volume.name} holds what it held before, of the safety backup ${entry.safety}`
}

/** Another machine may have a volume of the same name; what that run made there by a name of its own tells. */
async function isOfHere(entry: VolumeEntry, { context, volume, volumes }: Recovery): Promise<boolean> {
  if (volumes.sourceOf(entry.place.volume, entry.place.namespace).place.host !== entry.place.host)
    return false
  if (entry.holder.host === context.services.holder.host) return true
  if (entry.phase === 'making') return (await inspected(volume, context.signal))?.madeBy === entry.run
  return (
    entry.phase === 'replacing' &&
    (await inspected(volumes.volume(entry.staged), context.signal)) !== undefined
  )
}

/** One that somebody uses meanwhile is theirs. */
async function recoveredNew(
  entry: VolumeEntry,
  { users }: VolumeInfo,
  { volume }: Recovery,
): Promise<string> {
  if (users.length > 0)
    return `the volume that it made may not hold all of ${entry.backup}, and is used by ${users.map(({ name }) => name).join(', ')}`
  return (await unmake(volume, entry.run))
    ? 'the volume that it made was removed'
    : 'the volume is another one since'
}

function assertAtRest(entry: VolumeEntry, { users }: VolumeInfo, volume: string): void {
  const names = namesAtWork(users)
  if (names.length === 0) return
  throw new RespaldoError(
    'restore-unsafe',
    `A restore of ${volume} (run ${entry.run}) died before it had ended, and ${names.join(', ')} uses the volume`,
    {
      hint: `Stop ${names.join(', ')} and try again: then the restore is finished or undone. If the volume is as it should be, delete ${volumeJournalKey(entry.run)} in the repository.`,
      context: { volume, run: entry.run, users: names },
    },
  )
}

/** False when the temporary volume is not what it was, so that only the safety backup is left. */
async function finishReplacing(
  { staged, digest }: Extract<VolumeEntry, { phase: 'replacing' }>,
  { volume, volumes, context }: Recovery,
): Promise<boolean> {
  const { report, signal } = context
  report({ type: 'step', step: 'recover', message: `Finishing an interrupted restore of ${volume.name}` })
  const holds = async ({ read }: Pick<NamedVolume, 'read'>) =>
    (await fingerprintOf(read(signal))).digest === digest
  if (await holds(volume)) return true
  const temporary = volumes.volume(staged)
  if (!(await inspected(temporary, signal)) || !(await holds(temporary))) return false
  await volume.replaceWith(staged, signal)
  return holds(volume)
}

/** False when the backup that it read is not there: a file is not asked for again. */
async function finishOverwriting(
  entry: Extract<VolumeEntry, { phase: 'overwriting' }>,
  recovery: Recovery,
): Promise<boolean> {
  const { volume, context } = recovery
  const whole = await backupInput(entry.backup, recovery).catch(error => {
    if (error instanceof RespaldoError && error.code === 'backup-not-found') return undefined
    throw error
  })
  if (!whole) return false
  const input = chosenInput(whole, entry.paths)
  const isPart = entry.paths !== undefined
  const fingerprint = await fingerprintOf(input.pass(context.signal))
  await writeInto(volume, input, context)
  await compareVolume(volume, { name: input.name, fingerprint, pass: input.pass, isPart }, context)
  return true
}

const backupInput = async (reference: string, { repository }: Recovery): Promise<VolumeInput> =>
  volumeInput(repository, volumeBackup(await repository.find(reference)))

/** It may be gone, or go with its dead maker. */
async function removeStaged(
  { staged }: Extract<VolumeEntry, { phase: 'replacing' }>,
  { volumes }: Recovery,
): Promise<void> {
  await volumes
    .volume(staged)
    .remove()
    .catch(() => {})
}
