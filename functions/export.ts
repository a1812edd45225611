import { z } from 'zod'
import { once } from '#lib/bytes'
import { counted } from '#lib/events'
import { type Context, createFunction } from '#lib/http/create-function'
import { type DatabaseManifest, databaseBackup } from '#lib/repository/manifest'
import type { NewFile } from '#lib/services'
import {
  assertExportable,
  defaultName,
  exportFormats,
  formatFor,
  formatOf,
  metadataPath,
} from '#lib/steps/export-format'
import { exportMetadata } from '#lib/steps/export-metadata'
import { type Exportable, exportedFile, exportedScripts, exportedTar } from '#lib/steps/exported'
import { foundScripts } from '#lib/steps/found-scripts'
import { openReading } from '#lib/steps/reading'
import { restoreInput } from '#lib/steps/restore-input'
import { count, localWanted, wanted } from './input.ts'

const input = z.object({
  ...wanted,
  backup: z.string().min(1).optional().describe('id, name, or latest'),
  to: z.string().min(1).optional().describe('the file, or the folder for a file of the usual name'),
  format: z
    .enum(exportFormats)
    .optional()
    .describe("where the file's name does not say it; sql.gz by default"),
  level: count.optional().describe('of compression'),
})

/** Writes a backup of any type as a standard file that needs no other; nothing that exists is overwritten. */
export const exportBackup = createFunction({
  name: 'export',
  method: 'POST',
  summary: 'Write a backup as a standalone standard file',
  input,
  local: [...localWanted, 'to'],
  async run(input, context) {
    const { services, report, signal } = context
    const repository = await services.repository({ create: false })
    const manifest = databaseBackup(await repository.find(input.backup, input.source))
    const usual = input.format ?? formatOf(input.to ?? '') ?? 'sql.gz'
    const file = await services.newFile(input.to, defaultName(manifest, usual, services.timeZone))
    const format = formatFor(file.path, input.format)
    assertExportable(format, input.level, manifest)
    await using _reading = await openReading(context, repository, manifest, 'export')
    const reference = `${manifest.source.id}/${manifest.id}`
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
  },
})

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
