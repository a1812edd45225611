import { type Report, warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { assertChainThere } from '../repository/chain.ts'
import type { VolumeManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { LocatedVolume } from '../services.ts'
import type { Changes } from '../volumes/changes.ts'
import type { Resting } from '../volumes/quiesce.ts'
import type { VolumeInfo, VolumeScope } from '../volumes/volume.ts'
import type { Base } from './backup.ts'
import { type BackupWish, backupFacts, typeOf } from './backup-facts.ts'
import type { HeldSource } from './session.ts'
import { readVolume } from './volume-reading.ts'

/** What a backup of a volume will be. */
export interface VolumeBackupRequest extends BackupWish<VolumeScope> {
  /** What an incremental builds on; without it the backup is a full. */
  base?: Base | undefined
  /** By which the chunks of a full are chosen; undefined when nobody knows. */
  expectedBytes?: number | undefined
}

/** What such a backup needs that was opened and asked before. */
export interface VolumeParts {
  located: LocatedVolume
  repository: Repository
  info: VolumeInfo
  held: HeldSource
  /** Is brought back as soon as the volume has been read. */
  resting: Resting
}

/** Stores a volume's tar in the repository. Every gate was passed when this resolves: transport, tar, sums, lease, manifest. */
export async function backUpVolume(
  request: VolumeBackupRequest,
  context: Context,
  { located, repository, info, held, resting }: VolumeParts,
): Promise<VolumeManifest> {
  const { services, report } = context
  const { source, volumes } = located
  const { base, scope, reason, expectedBytes } = request
  const chain = base?.chain
  const started = services.clock.now()
  const type = typeOf(chain)
  const id = await repository.newId(source.id, { started, type, name: request.name })
  const draft = repository.begin(source.id, id)
  try {
    report({ type: 'step', step: 'read', message: `Backing up ${source.id}, ${type}: ${reason}` })
    const volume = volumes.volume(source.place)
    const reading = { name: source.id, volume, scope, draft, store: repository.store, base, expectedBytes }
    const { written, walk, changes } = await readVolume(reading, { ...context, signal: held.signal })
    await resting.resume()
    tellChanges(source.id, changes, report)
    const { entries, bytes, tables } = walk
    const rest = {
      ...backupFacts(request, { id, started, chain }, services),
      source: { id: source.id, kind: source.kind, place: source.place, recipe: info.recipe },
      archive: { format: 'tar' as const },
      totals: { entries, bytes },
    }
    return await draft.commit<VolumeManifest>(
      { ...written, sourceBytes: bytes },
      rest,
      { tables, globals: undefined },
      async () => {
        await held.assertHeld()
        if (chain) await assertChainThere(repository.store, chain)
      },
    )
  } catch (error) {
    await draft.discard()
    throw error
  }
}

function tellChanges(name: string, { count, paths }: Changes, report: Report): void {
  if (count === 0) return
  const others = count > paths.length ? ` and ${count - paths.length} more` : ''
  warn(report, {
    message: `${name} changed while it was read: ${paths.join(', ')}${others}`,
    hint: 'Each file is as it was when its turn came. For a copy of one moment let what writes to it rest meanwhile.',
  })
}
