import type { EnvironmentName, VolumePlace } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import { nearestFirst } from '../nearest.ts'
import type { OpenedFile } from '../postgres/foreign.ts'
import type { VolumeManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { LocatedVolume, Services } from '../services.ts'
import type { VolumeInput } from '../volumes/restore-plan.ts'
import { exportedVolumesIn, type VolumeInFile, volumeTarIn } from '../volumes/volume-file.ts'
import { volumeInput } from './volume-input.ts'

/** One volume of a backup or a file. */
export interface VolumeToRestore {
  input: VolumeInput
  manifest?: VolumeManifest
  /** Where it came from; undefined for a tar of which that is not known. */
  from: { source: string; place: VolumePlace } | undefined
  /** Which volume gets it in place of the one that it came from. */
  named?: string | undefined
}

/** The volume of a backup; `names` may name another one to restore it into. */
export function volumeOfBackup(
  repository: Repository,
  manifest: VolumeManifest,
  names: readonly string[] = [],
): VolumeToRestore {
  if (names.length > 1)
    throw new RespaldoError('input-invalid', 'A backup of one volume is restored into one volume', {
      hint: 'Restore it once for each.',
    })
  const { id: source, place } = manifest.source
  return { input: volumeInput(repository, manifest), manifest, from: { source, place }, named: names[0] }
}

/**
 * The volumes of an export, those of these names or ids or all; or the one of any tar of a folder, whose volume has to be named. Undefined for what is
 * neither, as nobody named a volume.
 */
export async function volumesOfFile(
  file: OpenedFile,
  names: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<readonly VolumeToRestore[] | undefined> {
  const exported = await exportedVolumesIn(file, signal)
  if (exported) return names ? names.map(name => chosenOf(exported, name, file.name)) : exported
  if (!names) return undefined
  const [named, ...others] = names
  if (others.length > 0)
    throw new RespaldoError('input-invalid', `${file.name} holds one volume, not ${names.length}`, {
      hint: 'Name the one volume into which it is restored.',
    })
  return [{ ...(await volumeTarIn(file, signal)), named }]
}

function chosenOf(exported: readonly VolumeInFile[], name: string, file: string): VolumeInFile {
  const found = exported.find(({ from }) => from?.place.volume === name || from?.source === name)
  if (found) return found
  const known = exported.map(({ from }) => from?.place.volume ?? '')
  throw new RespaldoError('backup-not-found', `${file} does not hold the volume ${name}`, {
    hint: `It holds: ${nearestFirst(name, known).join(', ')}.`,
  })
}

/** Where a volume is restored. */
export interface VolumeTargetWish {
  /** A new volume. */
  into?: string | undefined
  environment?: EnvironmentName | undefined
}

/** The volume that gets the content, whether it exists or not; `source-not-found` for one that was named in a backup's place and does not. */
export async function locateVolumeTarget(
  { from, named }: VolumeToRestore,
  { into, environment }: VolumeTargetWish,
  services: Services,
  signal: AbortSignal,
): Promise<LocatedVolume> {
  const found = await services.volumes({ environment: environment ?? from?.place.environment })
  const { volumes } = found
  const name = into ?? named ?? from?.place.volume ?? ''
  const namespace = found.environment === from?.place.environment ? from.place.namespace : undefined
  try {
    const [source] = await volumes.find({ volumes: [name], namespace }, signal)
    if (source) return { source, volumes }
  } catch (error) {
    const mayBeMade = into !== undefined || named === undefined || !from
    if (!mayBeMade || !(error instanceof RespaldoError) || error.code !== 'source-not-found') throw error
  }
  const source = volumes.sourceOf(name, namespace)
  const isItself = from !== undefined && name === from.place.volume
  return { source: isItself ? { ...source, id: from.source } : source, volumes }
}
