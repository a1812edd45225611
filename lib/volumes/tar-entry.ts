import { type Cursor, need } from '../intake.ts'
import { type ByteString, bytesAt, shown } from './byte-string.ts'
import { damagedTar, foreignTar } from './tar-errors.ts'
import { blockBytes, isZero, readHeader, type TarHeader } from './tar-header.ts'
import { addRecord, numberOf, readPaxRecords, secondsOf, type TarRecords } from './tar-records.ts'

/** What an entry of a tar makes. */
export type EntryKind =
  | 'file'
  | 'folder'
  | 'symlink'
  | 'hard link'
  | 'fifo'
  | 'character device'
  | 'block device'

/** One entry of a tar, without its content. */
export interface TarEntry {
  /** Without the slash that ends a folder's name. */
  path: ByteString
  kind: EntryKind
  /** The twelve bits of chmod. */
  mode: number
  uid: number
  gid: number
  /** Bytes of content; only files have any. */
  size: number
  /** Seconds since 1970, rounded down. */
  mtime: number
  /** A symlink's target as it stands, or the path that a hard link is another name of; else empty. */
  link: ByteString
  /** Of devices. */
  deviceMajor: number
  deviceMinor: number
  /** Values by name, such as `security.capability`. */
  xattrs: ReadonlyMap<string, ByteString>
}

/** An entry with all blocks in front of its content, as they came, or the blocks of zeros of which a tar's end consists. */
export interface TarHead {
  entry: TarEntry | undefined
  bytes: Uint8Array
  /** Of its extended headers. */
  records: TarRecords
  /** Where it begins in the tar. */
  offset: number
}

/** Go's limit for one extended header. Here it is that of all that stand in front of one entry, as they are held until it is known. */
const longestHead = 1024 * 1024

const kinds = new Map<string, EntryKind>([
  ['\0', 'file'],
  ['0', 'file'],
  ['1', 'hard link'],
  ['2', 'symlink'],
  ['3', 'character device'],
  ['4', 'block device'],
  ['5', 'folder'],
  ['6', 'fifo'],
  ['7', 'file'],
])

/** What describes the entry behind it. */
const extensions = new Map<string, (text: ByteString, offset: number, records: TarRecords) => void>([
  ['x', readPaxRecords],
  ['L', (text, offset, records) => addRecord(records, 'path', untilNul(text), offset)],
  ['K', (text, offset, records) => addRecord(records, 'linkpath', untilNul(text), offset)],
])

const untilNul = (text: ByteString): ByteString => text.split('\0', 1)[0] as ByteString

/** Reads what stands in front of the next content. Throws data-corrupt for what is damaged, input-invalid for what is not read here. */
export function readHead(cursor: Cursor): TarHead {
  const from = cursor.at
  const records: TarRecords = new Map()
  const head = (entry?: TarEntry): TarHead => ({
    entry,
    bytes: cursor.bytes.subarray(from, cursor.at),
    records,
    offset: cursor.offset + from,
  })
  for (;;) {
    need(cursor, blockBytes)
    const { at } = cursor
    const offset = cursor.offset + at
    cursor.at += blockBytes
    if (isZero(cursor.bytes, at, cursor.at)) {
      if (at > from) throw damagedTar(offset, 'extended headers without an entry')
      return head()
    }
    const header = readHeader({ ...cursor, at })
    const extend = extensions.get(String.fromCharCode(header.type))
    if (!extend) return head(entryOf(header, records, offset))
    if (cursor.at - from + header.size > longestHead)
      throw damagedTar(offset, 'extended headers of more than 1 MiB')
    extend(readText(cursor, header.size), offset + blockBytes, records)
  }
}

/** Content and the rest of its last block. */
export const paddedBytes = (size: number): number => Math.ceil(size / blockBytes) * blockBytes

function readText(cursor: Cursor, size: number): ByteString {
  need(cursor, paddedBytes(size))
  const text = bytesAt(cursor.bytes, cursor.at, cursor.at + size)
  cursor.at += paddedBytes(size)
  return text
}

function entryOf(header: TarHeader, records: TarRecords, offset: number): TarEntry {
  const name = records.get('path') || header.name
  if (name === '') throw damagedTar(offset, 'an entry without a name')
  const number = (key: 'uid' | 'gid' | 'size') => numberOf(records, key, header[key], offset)
  const kind = kindOf(header, name, offset)
  const size = number('size')
  if (kind !== 'file' && size > 0) throw damagedTar(offset, `a ${kind} with content, "${shown(name)}"`)
  const isLink = kind === 'symlink' || kind === 'hard link'
  return {
    path: withoutSlash(name),
    kind,
    mode: header.mode,
    uid: number('uid'),
    gid: number('gid'),
    size,
    mtime: secondsOf(records, 'mtime', header.mtime, offset),
    link: isLink ? linkOf(records.get('linkpath') || header.link, kind) : ('' as ByteString),
    deviceMajor: header.deviceMajor,
    deviceMinor: header.deviceMinor,
    xattrs: xattrsOf(records),
  }
}

/** Before there was a mark for folders, a slash at the end of the name was it. */
function kindOf({ type }: TarHeader, name: ByteString, offset: number): EntryKind {
  const mark = String.fromCharCode(type)
  const kind = kinds.get(mark)
  if (!kind) throw foreignTar(`an entry of the type ${JSON.stringify(mark)}, "${shown(name)}"`, offset)
  return kind === 'file' && name.endsWith('/') ? 'folder' : kind
}

/** A hard link names an entry, a symlink's target is data. */
const linkOf = (link: ByteString, kind: EntryKind): ByteString =>
  kind === 'hard link' ? withoutSlash(link) : link

function withoutSlash(path: ByteString): ByteString {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end -= 1
  return path.slice(0, end) as ByteString
}

const xattrKey = 'SCHILY.xattr.'
const noXattrs: ReadonlyMap<string, ByteString> = new Map()

function xattrsOf(records: TarRecords): ReadonlyMap<string, ByteString> {
  if (records.size === 0) return noXattrs
  const found = [...records].filter(([key]) => key.startsWith(xattrKey))
  return new Map(found.map(([key, value]) => [key.slice(xattrKey.length), value]))
}
