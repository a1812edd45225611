import { type Bytes, collect, drain } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { type OpenedFile, unpackedFile } from '../postgres/foreign.ts'
import { fileOfTar } from '../postgres/tar.ts'
import { type ExportedVolume, metadataName, parseVolumesMetadata } from './export-metadata.ts'
import { firstEntries } from './first-entries.ts'
import { renamedRoot } from './renamed.ts'
import type { VolumeInput } from './restore-plan.ts'

/** A volume that a file holds. */
export interface VolumeInFile {
  input: VolumeInput
  /** Where it was; of a plain tar nothing is known. */
  from: Pick<ExportedVolume, 'source' | 'place'> | undefined
}

/** Above this no metadata are read. */
const metadataLimit = 64 * 1024 * 1024

/** The volumes of an export; undefined for what is none. The file is read to its end first: a cut or damaged one is `data-corrupt`. */
export async function exportedVolumesIn(
  file: OpenedFile,
  signal?: AbortSignal,
): Promise<readonly VolumeInFile[] | undefined> {
  const { kind, open } = await unpackedFile(file, signal)
  if (kind !== 'tar' || !(await beginsWithMetadata(open(signal)))) return undefined
  const text = (await collect(fileOfTar(open(signal), metadataName), metadataLimit)).toString()
  const volumes = parseVolumesMetadata(text, file.name)
  if (!volumes) return undefined
  await drain(open(signal))
  return volumes.map(({ file: name, source, id, place, recipe, exclude = [] }) => {
    const tar = (again?: AbortSignal) => fileOfTar(open(again), name)
    const input = { name: `${source}/${id} of ${file.name}`, open: tar, pass: tar, recipe, exclude }
    return { input, from: { source, place } }
  })
}

/** A file that is the tar of one folder, compressed or not, as that of a volume. It is read to its end first. */
export async function volumeTarIn(file: OpenedFile, signal?: AbortSignal): Promise<VolumeInFile> {
  const { kind, open } = await unpackedFile(file, signal)
  if (kind !== 'tar')
    throw new RespaldoError('input-invalid', `${file.name} is not the tar of a volume`, {
      hint: 'Give a .tar, .tar.gz or .tar.zst of one folder, or leave --volume out for a dump of a database.',
    })
  await drain(open(signal))
  const tar = (again?: AbortSignal) => renamedRoot(open(again))
  return { input: { name: file.name, open: tar, pass: tar, recipe: {}, exclude: [] }, from: undefined }
}

/** Whatever cannot be read as the tar of a volume is for others to judge. */
async function beginsWithMetadata(tar: Bytes): Promise<boolean> {
  try {
    return (await firstEntries(tar, 1))[0]?.path === metadataName
  } catch (error) {
    if (error instanceof RespaldoError) return false
    throw error
  }
}
