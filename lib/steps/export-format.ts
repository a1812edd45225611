import { RespaldoError } from '../errors.ts'
import type { Scope } from '../postgres/database.ts'
import { type DatabaseManifest, isWhole } from '../repository/manifest.ts'

/** What a backup of a database can be exported as, by the ending of the file. */
export const databaseFormats = ['dump', 'dump.zst', 'sql', 'sql.gz', 'tar.gz'] as const
/** One of `databaseFormats`. */
export type DatabaseFormat = (typeof databaseFormats)[number]

/** What backups of volumes can be exported as: the tar of one, or with `tar.gz` those of all and what describes them. */
export const volumeFormats = ['tar', 'tar.zst', 'tar.gz'] as const
/** One of `volumeFormats`. */
export type VolumeFormat = (typeof volumeFormats)[number]

/** What anything can be exported as. */
export const exportFormats = [...new Set([...databaseFormats, ...volumeFormats])]
type ExportFormat = (typeof exportFormats)[number]

/** The highest level of what compresses, where something does. */
const highestLevels: Readonly<Partial<Record<ExportFormat, number>>> = {
  'dump.zst': 19,
  'sql.gz': 9,
  'tar.gz': 9,
  'tar.zst': 19,
}

/** The format that a file's name says; `.SQL.GZ` too. */
export function formatOf(path: string): ExportFormat | undefined {
  return exportFormats.find(format => path.toLowerCase().endsWith(`.${format}`))
}

/**
 * The format of a file that may be named otherwise only if the format was given. Throws `input-invalid` where the two contradict, and for one that
 * is not among those that what is exported can have.
 */
export function formatFor<Format extends ExportFormat>(
  path: string,
  given: ExportFormat | undefined,
  formats: readonly Format[],
): Format {
  const named = formatOf(path)
  if (given && named && given !== named)
    throw new RespaldoError('input-invalid', `${path} is the name of a .${named} file, not of a .${given}`, {
      hint: 'Leave --format away, or name the file otherwise.',
    })
  const format = formats.find(format => format === (given ?? named))
  if (format) return format
  const what = given ?? named
  throw new RespaldoError(
    'input-invalid',
    what ? `This cannot be exported as .${what}` : `The name ${path} does not say what to export`,
    { hint: `Use one of the endings .${formats.join(', .')}, or give --format.` },
  )
}

/** Throws `input-invalid` for a level that the format does not have. */
export function assertLevel(format: ExportFormat, level: number | undefined): void {
  const highest = highestLevels[format]
  if (level === undefined || (highest !== undefined && level >= 1 && level <= highest)) return
  throw new RespaldoError('input-invalid', `There is no level ${level} for .${format}`, {
    hint:
      highest === undefined ? 'It is not compressed: leave --level away.' : `Its levels are 1 to ${highest}.`,
  })
}

/** Throws `input-invalid` for a level that the format does not have, and for an archive of a backup that is SQL text. */
export function assertExportable(
  format: DatabaseFormat,
  level: number | undefined,
  { archive, id }: DatabaseManifest,
): void {
  assertLevel(format, level)
  if (archive.format === 'custom' || !format.startsWith('dump')) return
  throw new RespaldoError('input-invalid', `${id} is SQL text and cannot become a .${format}`, {
    hint: 'Export it as .sql, .sql.gz or .tar.gz.',
  })
}

/** `backup_full_20250408_160000.sql.gz`, `database_production_20250408_160000.tar.gz`: the time at which the backup began, in the time zone. */
export function defaultName(
  { profile, scope, started }: DatabaseManifest,
  format: DatabaseFormat,
  timeZone: string,
): string {
  const subject = format === 'tar.gz' ? `database_${profile}` : `backup_${extentOf(scope)}`
  return `${subject}_${stamp(new Date(started), timeZone)}.${format}`
}

/** How much of a database a scope is, in a word of file names. */
export const extentOf = (scope: Scope): 'full' | 'schema' | 'part' =>
  isWhole(scope) ? 'full' : scope.schemaOnly ? 'schema' : 'part'

/** `20250408_160000`, in the time zone. */
export function stamp(time: Date, timeZone: string): string {
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
