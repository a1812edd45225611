import { RespaldoError } from '../errors.ts'
import { isVolume, type Manifest, type VolumeManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { only } from '../volumes/chosen.ts'
import type { VolumeInput } from '../volumes/restore-plan.ts'

/** A backup that has to be one of a volume; `input-invalid` for one of a database. */
export function volumeBackup(manifest: Manifest): VolumeManifest {
  if (isVolume(manifest)) return manifest
  throw new RespaldoError('input-invalid', `${manifest.source.id}/${manifest.id} is a backup of a database`, {
    hint: 'Choose a backup of a volume; `respaldo list` shows what there is.',
  })
}

/** A backup of the repository as what a restore of a volume reads. */
export function volumeInput(repository: Repository, manifest: VolumeManifest): VolumeInput {
  const { raw, passing } = repository.contents(manifest)
  return {
    name: `${manifest.source.id}/${manifest.id}`,
    open: raw,
    pass: passing,
    recipe: manifest.source.recipe,
    exclude: manifest.scope.exclude ?? [],
  }
}

/** Of the input only these paths (see `only`), or all of it. */
export function chosenInput(input: VolumeInput, paths: readonly string[] | undefined): VolumeInput {
  if (!paths) return input
  return {
    ...input,
    open: signal => only(input.open(signal), paths),
    pass: signal => only(input.pass(signal), paths),
  }
}
