import { RespaldoError } from '../errors.ts'
import type { Scope } from '../postgres/database.ts'
import { type DatabaseManifest, isWhole } from '../repository/manifest.ts'

/** What a backup can be exported as, by the ending of the file. */
export const exportFormats = ['dump', 'dump.zst', 'sql', 'sql.gz', 'tar.gz'] as const
/** One of `exportFormats`. */
export type ExportFormat = (typeof exportFormats)[number]

/** The highest level of what compresses, where something does. */
const highestLevels: Readonly<Partial<Record<ExportFormat, number>>> = {
  'dump.zst': 19,
  'sql.gz': 9,
  'tar.gz': 9,
}

/** The format that a file's name says; `.SQL.GZ` too. */
export function formatOf(path: string): ExportFormat | undefined {
  return exportFormats.find(format => path.toLowerCase().endsWith(`.${format}`))
}

/** The format of a file that may be named otherwise only if the format was given. Throws `input-invalid` where the two contradict. */
export function formatFor(path: string, given: ExportFormat | undefined): ExportFormat {
  const named = formatOf(path)
  if (given && named && given !== named)
    throw new RespaldoError('input-invalid', `${path} is the name of a .${named} file, not of a .${given}`, {
      hint: 'Leave --format away, or name the file otherwise.',
    })
  const format = given ?? named
  if (format) return format
  throw new RespaldoError('input-invalid', `The name ${path} does not say what to export`, {
    hint: `Use one of the endings .${exportFormats.join(', .')}, or give --format.`,
  })
}

/** Throws `input-invalid` for a level that the format does not have, and for an archive of a backup that is SQL text. */
export function assertExportable(
  format: ExportFormat,
  level: number | undefined,
  { archive, id }: DatabaseManifest,
): void {
  const highest = highestLevels[format]
  if (level !== undefined && (highest === undefined || level < 1 || level > highest))
    throw new RespaldoError('input-invalid', `There is no level ${level} for .${format}`, {
      hint:
        highest === undefined
          ? 'It is not compressed: leave --level away.'
          : `Its levels are 1 to ${highest}.`,
    })
  if (archive.format === 'custom' || !format.startsWith('dump')) return
  throw new RespaldoError('input-invalid', `${id} is SQL text and cannot become a .${format}`, {
    hint: 'Export it as .sql, .sql.gz or .tar.gz.',
  })
}

/** `backup_full_20250408_160000.sql.gz`, `database_production_20250408_160000.tar.gz`: the time at which the backup began, in the time zone. */
export function defaultName(
  { profile, scope, started }: DatabaseManifest,
  format: ExportFormat,
  timeZone: string,
): string {
  const subject = format === 'tar.gz' ? `database_${profile}` : `backup_${extentOf(scope)}`
  return `${subject}_${stamp(new Date(started), timeZone)}.${format}`
}

/** How much of a database a scope is, in a word of file names. */
export const extentOf = (scope: Scope): 'full' | 'schema' | 'part' =>
  isWhole(scope) ? 'full' : scope.schemaOnly ? 'schema' : 'part'

/** `20250408_160000`. */
function stamp(time: Date, timeZone: string): string {
  const two = '2-digit'
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: two, day: two, hour: two, minute: two, second: two },
  }).formatToParts(time)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find(found => found.type === type)?.value ?? ''
  return `${part('year')}${part('month')}${part('day')}_${part('hour')}${part('minute')}${part('second')}`
}

/** `x_metadata.json` of `x.tar.gz`. */
export const metadataPath = (path: string): string => `${path.replace(/\.tar\.gz$/i, '')}_metadata.json`
