import { RespaldoError } from '../errors.ts'
import { type Cursor, need } from '../intake.ts'

/** A string's limit in PostgreSQL (1 GB); a longer one is a length that was damaged. */
const longest = 0x3fffffff

/** The next byte; throws where the piece ends, so that more can be waited for. */
export function readByte(cursor: Cursor): number {
  need(cursor, 1)
  return cursor.bytes[cursor.at++]!
}

/** A sign and four bytes, little-endian, whatever machine wrote them. Throws data-corrupt for a sign that is none: that byte is either 0 or 1. */
export function readInteger(cursor: Cursor): number {
  need(cursor, 5)
  const { bytes, at } = cursor
  const sign = bytes[at]!
  if (sign > 1) throw corrupt(cursor.offset + at, `a number begins with ${sign}`)
  cursor.at += 5
  const value = unsignedAt(bytes, at + 1)
  return sign === 1 ? -value : value
}

/** Null and the empty string are told apart. Latin-1 where it is no UTF-8, so that no two names become one. */
export function readString(cursor: Cursor): string | undefined {
  const length = readLength(cursor)
  if (length < 0) return undefined
  need(cursor, length)
  const from = cursor.at
  cursor.at += length
  return decodeText(cursor.bytes.subarray(from, cursor.at))
}

/** A string of which only the place matters. */
export function skipString(cursor: Cursor): void {
  const length = Math.max(0, readLength(cursor))
  need(cursor, length)
  cursor.at += length
}

/** Little-endian; exact up to 2^53, which is more than any file has. */
export function readOffset(cursor: Cursor, size: number): number {
  need(cursor, size)
  let value = 0
  for (let index = size - 1; index >= 0; index--) value = value * 256 + cursor.bytes[cursor.at + index]!
  cursor.at += size
  return value
}

/** Four bytes, little-endian, as a number from 0 to 2^32 - 1. */
export function unsignedAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

/** UTF-8, or Latin-1 for what is none. */
export function decodeText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.includes('\ufffd') && !isUtf8(bytes) ? Buffer.from(bytes).toString('latin1') : text
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** The error of an archive that is not what pg_dump writes. The offset is the byte's place in the raw archive. */
export function corrupt(offset: number, reason: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The archive is damaged at byte ${offset}: ${reason}`, {
    hint: 'Use another backup; this one cannot be restored completely.',
    context: { offset, reason },
  })
}

function readLength(cursor: Cursor): number {
  const at = cursor.offset + cursor.at
  const length = readInteger(cursor)
  if (length < -1 || length > longest) throw corrupt(at, `a text of ${length} bytes`)
  return length
}
