import { type Bytes, once } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { pack } from '../postgres/pack.ts'
import { measured, tarGz } from '../postgres/tar.ts'
import type { VolumeManifest } from '../repository/manifest.ts'
import { segmentFrom } from '../repository/names.ts'
import type { Repository } from '../repository/repository.ts'
import type { NewFile } from '../services.ts'
import { metadataName, newestStart, tarName, volumesMetadata } from '../volumes/export-metadata.ts'
import {
  assertLevel,
  type exportFormats,
  formatFor,
  formatOf,
  metadataPath,
  stamp,
  type VolumeFormat,
  volumeFormats,
} from './export-format.ts'
import { openReading } from './reading.ts'

/** What a caller says of the file. */
export interface VolumeExportRequest {
  /** The file, or the folder for one of the usual name. */
  to?: string | undefined
  format?: (typeof exportFormats)[number] | undefined
  level?: number | undefined
}

/** What is exported, and to where. */
interface VolumeExport {
  format: VolumeFormat
  level: number | undefined
  file: NewFile
  manifests: readonly VolumeManifest[]
  repository: Repository
}

/** A file of volumes that was written. */
export interface ExportedVolumes {
  file: string
  format: VolumeFormat
  bytes: number
  /** Where what describes them stands once more. */
  metadata?: string
}

/** `volumes_production_20250408_160000.tar.gz`; of one volume's tar `volume_pgdata_20250408_160000.tar`. The time is that of the youngest backup. */
function volumesName(manifests: readonly VolumeManifest[], format: VolumeFormat, timeZone: string): string {
  const [first] = manifests as [VolumeManifest]
  const subject =
    format === 'tar.gz' ? `volumes_${first.profile}` : `volume_${segmentFrom(first.source.place.volume)}`
  return `${subject}_${stamp(new Date(newestStart(manifests)), timeZone)}.${format}`
}

/** Throws `input-invalid` for several volumes in what holds one, and for two backups of one volume. */
function assertVolumesExportable(format: VolumeFormat, manifests: readonly VolumeManifest[]): void {
  if (format !== 'tar.gz' && manifests.length > 1)
    throw new RespaldoError('input-invalid', `A .${format} holds one volume, not ${manifests.length}`, {
      hint: 'Export them as .tar.gz, or one after the other.',
    })
  const sources = manifests.map(({ source }) => source.id)
  const twice = sources.find((source, at) => sources.indexOf(source) !== at)
  if (twice !== undefined)
    throw new RespaldoError('input-invalid', `There are two backups of ${twice} to export`, {
      hint: 'Export one after the other.',
    })
}

/** Writes backups of volumes as one file; nothing that exists is overwritten. A `.tar.gz` is whole before its metadata is put beside it, and is taken back when that fails. */
export async function exportedVolumes(
  { to, format: given, level }: VolumeExportRequest,
  context: Context,
  { repository, manifests }: Pick<VolumeExport, 'repository' | 'manifests'>,
): Promise<ExportedVolumes> {
  const { services, report, signal } = context
  const usual = volumeFormats.find(format => format === (given ?? formatOf(to ?? ''))) ?? 'tar.gz'
  const file = await services.newFile(to, volumesName(manifests, usual, services.timeZone))
  const format = formatFor(file.path, given, volumeFormats)
  assertLevel(format, level)
  assertVolumesExportable(format, manifests)
  await using readings = new AsyncDisposableStack()
  for (const manifest of manifests) readings.use(await openReading(context, repository, manifest, 'export'))
  const names = manifests.map(({ source, id }) => `${source.id}/${id}`)
  report({ type: 'step', step: 'export', message: `Exporting ${names.join(', ')} to ${file.path}` })
  const all = { file, level, manifests, repository }
  if (format === 'tar.gz') return writeAll({ ...all, format }, context)
  const content = counted(oneTar({ ...all, format }, signal), 'export', report)
  return { file: file.path, format, bytes: await file.write(content, signal) }
}

/** Without a level what the repository holds. */
function oneTar(
  { format, level, manifests, repository }: VolumeExport & { format: 'tar' | 'tar.zst' },
  signal: AbortSignal,
): Bytes {
  const contents = repository.contents(manifests[0]!)
  if (format === 'tar') return contents.raw(signal)
  return level === undefined ? contents.zstd(signal) : pack(contents.raw(signal), 'zstd', level)
}

async function writeAll(
  { file, level, manifests, repository }: VolumeExport,
  { services, report, signal }: Context,
): Promise<{ file: string; format: VolumeFormat; bytes: number; metadata: string }> {
  const beside = await services.newFile(metadataPath(file.path), '')
  const metadata = volumesMetadata(manifests, file.name)
  const described = await measured({ name: metadataName, open: () => once(metadata) })
  const tars = manifests.map(manifest => ({
    name: tarName(manifest),
    bytes: manifest.sizes.raw,
    open: () => repository.contents(manifest).raw(signal),
  }))
  const options = { level: level ?? 6, time: new Date(newestStart(manifests)) }
  const tar = tarGz([described, ...tars], options)
  const bytes = await file.write(counted(tar, 'export', report), signal)
  try {
    await beside.write(once(metadata), signal)
  } catch (error) {
    await file.remove()
    throw error
  }
  return { file: file.path, format: 'tar.gz', bytes, metadata: beside.path }
}
