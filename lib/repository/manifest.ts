import { hash } from 'node:crypto'
import type { Place, VolumePlace } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import type { DumpFormat, Scope } from '../postgres/database.ts'
import type { VolumeRecipe, VolumeScope } from '../volumes/volume.ts'

/** The repository format that this version writes, and the newest that it reads. */
export const formatVersion = 1

/** A file of a backup as it was written; anything else under its name is damage. */
export interface StoredPart {
  /** The file's name within the backup's folder. */
  name: string
  bytes: number
  sha256: string
}

/** The document whose existence makes a backup exist. Sizes in bytes, times in ISO 8601 UTC. */
export type Manifest = DatabaseManifest | VolumeManifest

/** What is in a backup's data: a dump, or the tar of a volume. */
export type ArchiveFormat = Manifest['archive']['format']

/** Of a backup of a database. */
export interface DatabaseManifest extends AnyManifest {
  /** `user` is the role that was connected as; `settings` see DatabaseInfo. */
  source: {
    id: string
    kind: 'postgres'
    place: Place
    user?: string
    systemIdentifier?: string
    settings?: Readonly<Record<string, string>>
  }
  /** Empty: the whole database. */
  scope: Scope
  /** The run over a whole server that made it, and of how many databases that was to make one. */
  serverRun?: { id: string; databases: number }
  server: string
  client: string
  archive: { format: DumpFormat; version?: string }
  /** `rows` is absent where the archive's version did not let them be counted. */
  totals: { tables: number; rows?: number }
  objects: Objects & { globals?: StoredPart }
  /** What the globals hold, or why there are none. */
  globals: string
}

/** Of a backup of a volume. */
export interface VolumeManifest extends AnyManifest {
  source: { id: string; kind: 'volume'; place: VolumePlace; recipe: VolumeRecipe }
  /** Empty: the whole volume. */
  scope: VolumeScope
  archive: { format: 'tar' }
  /** `bytes`: of all files' content. */
  totals: { entries: number; bytes: number }
}

interface AnyManifest {
  format: number
  id: string
  name?: string
  description?: string
  labels?: Record<string, string>
  kind: 'regular' | 'safety'
  profile: string
  type: 'full' | 'incremental'
  /** Why it is of this type. */
  reason: string
  /** The id of the chain's full. */
  chain: string
  parent?: string
  started: string
  finished: string
  chunks: { average: number; count: number }
  /** `source`: the database on disk, or what the volume holds; `raw`: the dump or tar; `stored`: what of the repository holds it; `new`: what this backup added, all files together. */
  sizes: { source: number; raw: number; stored: number; new: number }
  /** 1 − stored/raw. */
  compression: number
  objects: Objects
  host: string
  tool: string
}

interface Objects {
  data: StoredPart
  index: StoredPart
  tables: StoredPart
}

/** The scope of any source. */
export type AnyScope = Scope & VolumeScope

/** Says whether a backup is one of a database. */
export const isDatabase = (manifest: Manifest): manifest is DatabaseManifest =>
  manifest.source.kind === 'postgres'

/** Says whether a backup is one of a volume. */
export const isVolume = (manifest: Manifest): manifest is VolumeManifest => manifest.source.kind === 'volume'

/** Rows or entries: what of a backup is counted; undefined where the archive did not let it be. */
export const recordsOf = (manifest: Manifest): number | undefined =>
  isDatabase(manifest) ? manifest.totals.rows : manifest.totals.entries

/** A backup that has to be one of a database; `input-invalid` for one of a volume. */
export function databaseBackup(manifest: Manifest): DatabaseManifest {
  if (isDatabase(manifest)) return manifest
  throw new RespaldoError('input-invalid', `${manifest.source.id}/${manifest.id} is a backup of a volume`, {
    hint: 'Choose a backup of a database; `respaldo list` shows what there is.',
  })
}

/** A manifest as its file's bytes: indented JSON whose last line is the SHA-256 of all bytes before that line. */
export function encodeManifest(manifest: Manifest): Buffer {
  const body = `${JSON.stringify(manifest, undefined, 1).slice(0, -2)},\n`
  return Buffer.from(`${body} "sha256": "${hash('sha256', body)}"\n}\n`)
}

const lastLine = /^ "sha256": "([0-9a-f]{64})"\n\}\n$/
const lastLineBytes = ` "sha256": "${'0'.repeat(64)}"\n}\n`.length

/** Reads what `encodeManifest` wrote. A changed one is `data-corrupt`, one of a newer format is refused; `where` names the file. */
export function decodeManifest(bytes: Buffer, where: string): Manifest {
  const corrupt = (what: string, cause?: unknown) =>
    new RespaldoError('data-corrupt', `${where}: ${what}`, {
      cause,
      hint: 'The manifest was changed or damaged after the backup was made. The other backups are not affected.',
    })
  const body = bytes.subarray(0, Math.max(0, bytes.length - lastLineBytes))
  const sum = lastLine.exec(bytes.toString('latin1', body.length))?.[1]
  const manifest = parse(bytes, corrupt)
  if (typeof manifest?.format === 'number' && manifest.format > formatVersion)
    throw tooNew(where, manifest.format)
  if (sum === undefined || sum !== hash('sha256', body)) throw corrupt('its SHA-256 does not fit')
  return manifest
}

function parse(bytes: Buffer, corrupt: (what: string, cause?: unknown) => RespaldoError): Manifest {
  try {
    const { sha256: _, ...manifest } = JSON.parse(bytes.toString()) as Manifest & { sha256: string }
    return manifest
  } catch (cause) {
    throw corrupt('it is not a manifest', cause)
  }
}

/** The refusal of a document that a newer Respaldo wrote. */
export function tooNew(where: string, format: number, newest = formatVersion): RespaldoError {
  return new RespaldoError(
    'version-mismatch',
    `${where} has format ${format}; this version of Respaldo reads up to ${newest}`,
    {
      hint: 'Use a newer version of Respaldo.',
    },
  )
}

/** True when the backup holds the whole of its source. */
export const isWhole = (scope: AnyScope): boolean => scopeKey(scope) === 'whole'

/** Scopes with one key are one scope: chains, `latest` and retention go by it. Also what people see. */
export function scopeKey(scope: AnyScope): string {
  const parts = [
    ...(scope.schemaOnly ? ['schema only'] : []),
    ...list('schema', scope.schemas),
    ...list('table', scope.tables),
    ...list('without', scope.excludeTables),
    ...list('excluding', scope.exclude),
  ]
  return parts.length > 0 ? parts.join(', ') : 'whole'
}

function list(word: string, names: readonly string[] | undefined): string[] {
  return names && names.length > 0 ? [`${word} ${[...new Set(names)].sort().join(' ')}`] : []
}
