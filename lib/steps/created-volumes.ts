import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { Repository } from '../repository/repository.ts'
import type { LocatedVolumes } from '../services.ts'
import type { VolumeSource } from '../volumes/volume.ts'
import { type CreatedVolume, type CreateVolumeRequest, createdVolume } from './created-volume.ts'
import { type Done, each } from './each.ts'

/** Backs up volumes of one environment, one after the other, each as a source of its own; see `each` for what happens when some fail. */
export async function createdVolumes(
  request: CreateVolumeRequest,
  sources: readonly VolumeSource[],
  context: Context,
  { volumes, repository }: Pick<LocatedVolumes, 'volumes'> & { repository: Repository },
): Promise<readonly Done<'volume', CreatedVolume>[]> {
  await tellLost(sources, context, { volumes, repository })
  const byId = new Map(sources.map(source => [source.id, source]))
  const one = (id: string) =>
    createdVolume(request, context, { located: { source: byId.get(id)!, volumes }, repository })
  const ids = [...byId.keys()]
  const [only] = ids
  if (only !== undefined && ids.length === 1) return [{ volume: only, ...(await one(only)) }] // its own error is the best
  const task = {
    what: 'volume' as const,
    done: request.verify ? 'backed up and verified' : 'backed up',
    failed: 'Try the others again by themselves, by their names.',
    facts: {},
  }
  return each(ids, task, context, one)
}

/** Said with the first backup of a volume, and not again. */
async function tellLost(
  sources: readonly VolumeSource[],
  { report }: Context,
  { volumes, repository }: Pick<LocatedVolumes, 'volumes'> & { repository: Repository },
): Promise<void> {
  for (const { id } of sources) {
    const { backups, damaged } = await repository.catalog(id)
    if (backups.length + damaged.length > 0) continue
    return warn(report, { message: `What backups of volumes do not hold here: ${volumes.lost}` })
  }
}
