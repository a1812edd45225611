import { RespaldoError } from '../errors.ts'
import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { VolumeManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { clearVolumeEntry, putVolumeEntry, type VolumePhase } from '../repository/volume-journal.ts'
import type { LocatedVolume } from '../services.ts'
import { roomRefusal, type VolumeInput, type VolumeRestoreRequest } from '../volumes/restore-plan.ts'
import type { NamedVolume } from './compared-volume.ts'
import type { PlannedVolume } from './planned-volume.ts'
import type { HeldSource } from './session.ts'

/** What is restored and to where. */
export interface VolumeRestoreParts {
  input: VolumeInput
  /** Of the backup that is read; a file has none. */
  manifest?: VolumeManifest | undefined
  target: LocatedVolume
  repository: Repository
}

/** A restore of a volume under way: what was decided, and what it needs. Its context ends with the lease. */
export interface VolumeWork extends PlannedVolume {
  request: VolumeRestoreRequest
  context: Context
  parts: VolumeRestoreParts
  held: HeldSource
  /** That has the content in the end. */
  volume: NamedVolume
  journal: {
    /** What it says holds as soon as this resolves. Throws `repository-locked` when another run took over. */
    enter(phase: VolumePhase): Promise<void>
    /** The next run has to go on with the phase. Never throws. */
    leave(phase: VolumePhase): Promise<void>
    /** Nothing is left to do. */
    clear(): Promise<void>
  }
}

/** A restore whose plan was allowed and confirmed. */
export function openWork(
  request: VolumeRestoreRequest,
  planned: PlannedVolume,
  context: Context,
  parts: VolumeRestoreParts,
  held: HeldSource,
): VolumeWork {
  const { source, volumes } = parts.target
  const { store } = parts.repository
  const since = context.services.clock.now().toISOString()
  const facts = {
    run: held.run,
    holder: { ...context.services.holder, function: 'restore' },
    source: source.id,
    place: source.place,
    backup: parts.input.name,
    since,
  }
  return {
    ...planned,
    request,
    context,
    parts,
    held,
    volume: { ...volumes.volume(source.place), name: source.place.volume },
    journal: {
      async enter(phase) {
        await held.assertHeld()
        await putVolumeEntry(store, { ...facts, ...phase })
      },
      async leave(phase) {
        // Who took over may have finished it already.
        if (held.lost.aborted) return
        await putVolumeEntry(store, { ...facts, ...phase, left: true }).catch(() => {})
      },
      clear: () => clearVolumeEntry(store, held.run),
    },
  }
}

/** `space-insufficient` when so much cannot be written where a volume is, as far as that can be told. */
export async function assertVolumeRoom(
  volume: NamedVolume,
  neededBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const [refusal] = roomRefusal(volume.name, neededBytes, await volume.freeBytes(signal))
  if (refusal) throw new RespaldoError(refusal.code, refusal.message, { hint: refusal.hint })
}

/** Writes all of the input over what a volume holds. */
export async function writeInto(
  volume: NamedVolume,
  input: VolumeInput,
  { report, signal }: Pick<Context, 'report' | 'signal'>,
): Promise<void> {
  report({ type: 'step', step: 'write', message: `Writing ${input.name} into ${volume.name}` })
  await volume.write(counted(input.open(signal), 'write', report), signal)
}
