import { z } from 'zod'
import { once } from '#lib/bytes'
import { RespaldoError } from '#lib/errors'
import { counted } from '#lib/events'
import { type Context, createFunction } from '#lib/http/create-function'
import { type DatabaseManifest, databaseBackup, isVolume, type Manifest } from '#lib/repository/manifest'
import type { Repository } from '#lib/repository/repository'
import type { NewFile } from '#lib/services'
import {
  assertExportable,
  databaseFormats,
  defaultName,
  exportFormats,
  formatFor,
  formatOf,
  metadataPath,
} from '#lib/steps/export-format'
import { exportMetadata } from '#lib/steps/export-metadata'
import { type Exportable, exportedFile, exportedScripts, exportedTar } from '#lib/steps/exported'
import { exportedVolumes } from '#lib/steps/exported-volumes'
import { foundScripts } from '#lib/steps/found-scripts'
import { openReading } from '#lib/steps/reading'
import { restoreInput } from '#lib/steps/restore-input'
import { count, list, localWanted, wanted } from './input.ts'

const input = z.object({
  ...wanted,
  backup: list.optional().describe('id, name, or latest; of volumes also several'),
  to: z.string().min(1).optional().describe('the file, or the folder for a file of the usual name'),
  format: z
    .enum(exportFormats)
    .optional()
    .describe("where the file's name does not say it; sql.gz by default, tar.gz of volumes"),
  level: count.optional().describe('of compression'),
})
type Input = z.infer<typeof input>

/** Writes a backup of any type as a standard file that needs no other; nothing that exists is overwritten. */
export const exportBackup = createFunction({
  name: 'export',
  method: 'POST',
  summary: 'Write a backup, or several of volumes, as a standalone standard file',
  input,
  local: [...localWanted, 'to'],
  async run(input, context) {
    const repository = await context.services.repository({ create: false })
    const manifests = await Promise.all(
      (input.backup ?? [undefined]).map(backup => repository.find(backup, input.source)),
    )
    if (!manifests.every(isVolume)) return exportDatabase(input, context, repository, oneOf(manifests))
    const exported = await exportedVolumes(input, context, { repository, manifests })
    return { exported, backup: manifests.map(referenceOf).join(', ') }
  },
})

const referenceOf = ({ source, id }: Manifest): string => `${source.id}/${id}`

function oneOf(manifests: readonly Manifest[]): DatabaseManifest {
  const [manifest, ...others] = manifests as [Manifest, ...Manifest[]]
  if (others.length === 0) return databaseBackup(manifest)
  throw new RespaldoError('input-invalid', 'Of databases one backup is exported at a time', {
    hint: 'Several backups become one file only where all are of volumes.',
  })
}

async function exportDatabase(
  input: Input,
  context: Context,
  repository: Repository,
  manifest: DatabaseManifest,
): Promise<unknown> {
  const { services, report, signal } = context
  const usual = databaseFormats.find(format => format === (input.format ?? formatOf(input.to ?? '')))
  const file = await services.newFile(input.to, defaultName(manifest, usual ?? 'sql.gz', services.timeZone))
  const format = formatFor(file.path, input.format, databaseFormats)
  assertExportable(format, input.level, manifest)
  await using _reading = await openReading(context, repository, manifest, 'export')
  const reference = referenceOf(manifest)
  report({ type: 'step', step: 'export', message: `Exporting ${reference} to ${file.path}` })
  const exportable = {
    input: await restoreInput(repository, manifest),
    scripts: () => foundScripts(input, context, manifest),
    level: input.level,
    signal,
  }
  if (format === 'tar.gz')
    return { ...(await writeTar(file, manifest, exportable, context)), backup: reference }
  const content = counted(await exportedFile(format, exportable), 'export', report)
  return {
    exported: { file: file.path, format, bytes: await file.write(content, signal) },
    backup: reference,
  }
}

/** The tar is whole before its metadata is put beside it, and is taken back when that fails. */
async function writeTar(
  file: NewFile,
  manifest: DatabaseManifest,
  exportable: Exportable,
  { services, report, signal }: Context,
) {
  const beside = await services.newFile(metadataPath(file.path), '')
  report({ type: 'step', step: 'measure', message: 'Making the scripts once for their sizes' })
  const files = await exportedScripts(exportable)
  const tables = exportable.input.tables ?? []
  const metadata = exportMetadata(manifest, file.name, { tables, files })
  const time = new Date(manifest.started)
  const tar = await exportedTar(files, metadata, { level: exportable.level, time })
  const bytes = await file.write(counted(tar, 'export', report), signal)
  try {
    await beside.write(once(metadata), signal)
  } catch (error) {
    await file.remove()
    throw error
  }
  return { exported: { file: file.path, format: 'tar.gz', bytes, metadata: beside.path } }
}
