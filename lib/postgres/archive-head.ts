import { RespaldoError } from '../errors.ts'
import { type Cursor, need } from '../intake.ts'
import { corrupt, readByte, readInteger, readString } from './archive-cursor.ts'

/** How data blocks are compressed within the archive. */
export type ArchiveCompression = 'none' | 'gzip' | 'lz4' | 'zstd'

/** The version of an archive's format: PostgreSQL 17 and 18 write 1.16, 16 writes 1.15, 12 to 15 write 1.14. */
export interface ArchiveVersion {
  major: number
  minor: number
  /** False for a version newer than this code: what follows is read as 1.16 would be, and may be anything. */
  known: boolean
}

/** What an archive says of itself before its table of contents. */
export interface ArchiveHead extends ArchiveVersion {
  offsetBytes: number
  compression: ArchiveCompression
  /** Local time of the machine that ran pg_dump, which the archive does not name: `2025-04-08T16:00:00`. */
  createdAt: string
  database: string | undefined
  /** As the server told it: `15.18 (Debian 15.18-0+deb12u1)`. */
  serverVersion: string | undefined
  /** Of pg_dump, with the distribution's addition. */
  dumpVersion: string | undefined
}

const oldestMinor = 12
const newestMinor = 16
const algorithms: readonly ArchiveCompression[] = ['none', 'gzip', 'lz4', 'zstd']

/** Reads `PGDMP` and the version. Another kind of file is input-invalid, an archive older than PostgreSQL 9.0 version-mismatch. */
export function readVersion(cursor: Cursor): ArchiveVersion {
  const begin = Buffer.from(cursor.bytes.subarray(cursor.at, cursor.at + 5)).toString('latin1')
  if (!'PGDMP'.startsWith(begin)) throw wrongKind('It is no archive of pg_dump: it does not begin with PGDMP')
  need(cursor, 8)
  const [major = 0, minor = 0] = cursor.bytes.subarray(cursor.at + 5)
  cursor.at += 8
  if (major === 0 || (major === 1 && minor < oldestMinor)) throw tooOld(`${major}.${minor}`)
  return { major, minor, known: major === 1 && minor <= newestMinor }
}

/** Reads what follows the version, as `ReadHead` of PostgreSQL's pg_backup_archiver.c does. */
export function readHead(cursor: Cursor, version: ArchiveVersion): ArchiveHead {
  const at = cursor.offset + cursor.at
  const integerBytes = readByte(cursor)
  const offsetBytes = readByte(cursor)
  checkFormat(readByte(cursor), at + 2)
  if (integerBytes !== 4) throw corrupt(at, `integers of ${integerBytes} bytes`)
  if (offsetBytes !== 4 && offsetBytes !== 8) throw corrupt(at + 1, `offsets of ${offsetBytes} bytes`)
  return {
    ...version,
    offsetBytes,
    compression: readCompression(cursor, version.minor),
    createdAt: readTime(cursor),
    database: readString(cursor),
    serverVersion: readString(cursor),
    dumpVersion: readString(cursor),
  }
}

function tooOld(version: string): RespaldoError {
  return new RespaldoError(
    'version-mismatch',
    `The archive has version ${version}, which is older than 1.${oldestMinor}`,
    {
      hint: 'Restore it with the pg_restore of its own time, and dump that database with a newer pg_dump.',
    },
  )
}

function checkFormat(format: number, at: number): void {
  if (format === 1) return
  // The directory format calls itself tar, and the tar format has this file within itself.
  if (format === 3)
    throw wrongKind('It is only the table of contents (toc.dat) of an archive in directory or tar format')
  throw corrupt(at, `an unknown format ${format}`)
}

function wrongKind(message: string): RespaldoError {
  return new RespaldoError('input-invalid', message, {
    hint: 'Give a file that pg_dump --format=custom or --format=plain wrote.',
  })
}

/** Up to 1.14 a level of zlib, from -1 on; later the algorithm. */
function readCompression(cursor: Cursor, minor: number): ArchiveCompression {
  const at = cursor.offset + cursor.at
  if (minor < 15) {
    const level = readInteger(cursor)
    if (level < -1 || level > 9) throw corrupt(at, `a compression level of ${level}`)
    return level === 0 ? 'none' : 'gzip'
  }
  const algorithm = readByte(cursor)
  const name = algorithms[algorithm]
  if (name === undefined) throw corrupt(at, `an unknown compression ${algorithm}`)
  return name
}

function readTime(cursor: Cursor): string {
  const [second, minute, hour, day, month, year] = Array.from({ length: 7 }, () =>
    readInteger(cursor),
  ) as number[]
  const two = (value: number | undefined) => String(value).padStart(2, '0')
  return `${1900 + year!}-${two(month! + 1)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}
