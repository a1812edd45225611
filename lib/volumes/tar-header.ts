import type { Cursor } from '../intake.ts'
import { type ByteString, textAt } from './byte-string.ts'
import { damagedTar, foreignTar } from './tar-errors.ts'

/** Tars consist of blocks of this size. */
export const blockBytes = 512

/** What a header block itself says; extended headers before it may say more. */
export interface TarHeader {
  /** The character that says what it is. */
  type: number
  name: ByteString
  link: ByteString
  mode: number
  uid: number
  gid: number
  /** Of the content. */
  size: number
  /** Seconds since 1970. */
  mtime: number
  deviceMajor: number
  deviceMinor: number
}

/** A field of a header: where it begins, and its bytes. */
type Field = readonly [from: number, bytes: number]

const fields = {
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  gnuAtime: [345, 12],
  gnuCtime: [357, 12],
} as const satisfies Record<string, Field>

/**
 * Reads the block at the cursor, which is there: v7, ustar, pax or GNU. Whatever readers of tars could take for different things is
 * refused, so that nobody who unpacks the tar sees another one than was judged here.
 */
export function readHeader({ bytes, at, offset }: Cursor): TarHeader {
  const number = (field: keyof typeof fields): number => {
    const value = numberAt(bytes, at, fields[field])
    if (Number.isSafeInteger(value) && (value >= 0 || field.endsWith('time'))) return value
    throw damagedTar(offset + at, `a header without a valid ${field}`)
  }
  if (number('checksum') !== checksumOf(bytes, at))
    throw damagedTar(offset + at, 'a header whose checksum does not fit')
  const format = formatOf(bytes, at)
  if (format === 'star') throw foreignTar('a header of the star format', offset + at)
  if (format === 'gnu') {
    // Go takes what stands there for a part of the name when it is no time.
    number('gnuAtime')
    number('gnuCtime')
  }
  const extended = format !== 'v7'
  const prefix = format === 'posix' ? textAt(bytes, at + 345, at + 500) : ''
  const name = textAt(bytes, at, at + 100)
  return {
    type: bytes[at + 156]!,
    name: prefix === '' ? name : (`${prefix}/${name}` as ByteString),
    link: textAt(bytes, at + 157, at + 257),
    mode: number('mode') & 0o7777,
    uid: number('uid'),
    gid: number('gid'),
    size: number('size'),
    mtime: number('mtime'),
    deviceMajor: extended ? number('deviceMajor') : 0,
    deviceMinor: extended ? number('deviceMinor') : 0,
  }
}

/** Whether nothing but zeros is there. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from
  while (at < to && bytes[at] === 0) at += 1
  return at === to
}

/** Where the checksum stands. */
export const checksumField: Field = fields.checksum

/** Whether what stands at 345 is the beginning of the name, as in POSIX's format alone. */
export const isPosix = (header: Uint8Array): boolean => formatOf(header, 0) === 'posix'

function formatOf(bytes: Uint8Array, at: number): 'posix' | 'gnu' | 'star' | 'v7' {
  if (is(bytes, at + 257, 'ustar\0')) return is(bytes, at + 508, 'tar\0') ? 'star' : 'posix'
  return is(bytes, at + 257, 'ustar  \0') ? 'gnu' : 'v7'
}

function is(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++)
    if (bytes[at + index] !== text.charCodeAt(index)) return false
  return true
}

/** The sum of a header's bytes, where those of the checksum itself count as blanks. */
export function checksumOf(bytes: Uint8Array, at: number): number {
  const [from, length] = fields.checksum
  let sum = length * blank
  for (let index = at; index < at + from; index++) sum += bytes[index]!
  for (let index = at + from + length; index < at + blockBytes; index++) sum += bytes[index]!
  return sum
}

const blank = 0x20
const zero = 0x30

/** NaN when there is no number. */
function numberAt(bytes: Uint8Array, at: number, [from, length]: Field): number {
  const start = at + from
  return bytes[start]! & 0x80 ? base256(bytes, start, start + length) : octal(bytes, start, start + length)
}

/** Digits between blanks, then blanks or NULs to the end. A field without digits is 0. */
function octal(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let value = 0
  while (at < to && bytes[at] === blank) at += 1
  for (; at < to && bytes[at]! >= zero && bytes[at]! < zero + 8; at++) value = value * 8 + bytes[at]! - zero
  while (at < to && (bytes[at] === blank || bytes[at] === 0)) at += 1
  return at === to ? value : NaN
}

/** GNU's way for what octal digits have no room for: two's complement, of which the first bit is only the mark. */
function base256(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from]! & 0x7f
  let value = first & 0x40 ? first - 0x80 : first
  for (let at = from + 1; at < to; at++) value = value * 256 + bytes[at]!
  return value
}
