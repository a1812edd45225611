import { hash } from 'node:crypto'
import { RespaldoError } from '../errors.ts'
import { tooNew } from './manifest.ts'

/** The chunks of one backup in stream order. See FORMAT.md, "index". */
export interface ChunkIndex {
  average: number
  rawBytes: number
  /** Earlier backups of the chain that `segments` point into, by id. */
  parents: readonly string[]
  frames: readonly Frame[]
  /** Lengths of the chunks that this backup's own data file holds, in its order. */
  lengths: Uint32Array
  /** Their SHA-256, 32 bytes each. */
  hashes: Uint8Array
  /** The stream in order, as runs of own chunks (`backup` 0) or of those of `parents[backup - 1]`. */
  segments: readonly Segment[]
}

/** One zstd frame of the data file. */
export interface Frame {
  storedBytes: number
  chunks: number
}

/** A run of chunks, counted within the own chunks of the backup that it names. */
export interface Segment {
  backup: number
  first: number
  count: number
}

const magic = 'RSPINDEX'
const version = 1
const headBytes = 40
const hashBytes = 32

/** The index as the bytes of its file; little-endian, fixed width, the SHA-256 of all before at the end. */
export function encodeIndex(index: ChunkIndex): Buffer {
  const parents = Buffer.concat(index.parents.map(encodeName))
  const head = Buffer.alloc(headBytes)
  head.write(magic, 0, 'latin1')
  const counts = [version, index.average, index.parents.length, index.frames.length, index.lengths.length]
  counts.forEach((count, position) => {
    head.writeUInt32LE(count, 8 + 4 * position)
  })
  head.writeUInt32LE(index.segments.length, 28)
  head.writeBigUInt64LE(BigInt(index.rawBytes), 32)
  const body = Buffer.concat([
    head,
    parents,
    words(index.frames.flatMap(frame => [frame.storedBytes, frame.chunks])),
    words(index.segments.flatMap(segment => [segment.backup, segment.first, segment.count])),
    words(index.lengths),
    index.hashes,
  ])
  return Buffer.concat([body, hash('sha256', body, 'buffer')])
}

function encodeName(name: string): Buffer {
  const text = Buffer.from(name)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(text.length)
  return Buffer.concat([length, text])
}

function words(values: ArrayLike<number>): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4)
  for (let at = 0; at < values.length; at++) bytes.writeUInt32LE(values[at]!, at * 4)
  return bytes
}

/** Reads what `encodeIndex` wrote; anything else is `data-corrupt`. `where` names the file in the message. */
export function decodeIndex(bytes: Buffer, where: string): ChunkIndex {
  const corrupt = (what: string) => damagedIndex(where, what)
  if (bytes.length < headBytes + hashBytes || bytes.toString('latin1', 0, 8) !== magic)
    throw corrupt('not a chunk index')
  const body = bytes.subarray(0, bytes.length - hashBytes)
  if (!hash('sha256', body, 'buffer').equals(bytes.subarray(body.length)))
    throw corrupt('its SHA-256 does not fit')
  const [format, average, parents, frames, chunks, segments] = readWords(body, 8, 6) as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (format > version) throw tooNew(where, format, version)
  if (body.length < headBytes + frames * 8 + segments * 12 + chunks * (4 + hashBytes))
    throw corrupt('its parts do not add up')
  const reader = { at: headBytes }
  const index: ChunkIndex = {
    average,
    rawBytes: Number(body.readBigUInt64LE(32)),
    parents: Array.from({ length: parents }, () => decodeName(body, reader)),
    frames: pairs(takeWords(body, reader, frames * 2)),
    segments: triples(takeWords(body, reader, segments * 3)),
    lengths: takeWords(body, reader, chunks),
    hashes: body.subarray(reader.at, reader.at + chunks * hashBytes),
  }
  if (reader.at + chunks * hashBytes !== body.length) throw corrupt('its parts do not add up')
  return index
}

const damagedIndex = (where: string, what: string): RespaldoError =>
  new RespaldoError('data-corrupt', `${where}: ${what}`, {
    hint: 'The file was changed or damaged after the backup was made. Restore another backup, and check the disk.',
  })

/** Throws `data-corrupt` unless the index can be true by itself: its sum says only that it is what was written. */
export function assertConsistent(index: ChunkIndex, where: string): void {
  if (!isConsistent(index)) throw damagedIndex(where, 'its parts do not add up')
}

/** The frames hold exactly the own chunks, the runs point to what there is, and the lengths that are known make up no more than the stream. */
function isConsistent({ frames, lengths, segments, parents, rawBytes }: ChunkIndex): boolean {
  const framed = frames.reduce((sum, { chunks }) => sum + chunks, 0)
  const isThere = ({ backup, first, count }: Segment) =>
    backup <= parents.length && (backup > 0 || first + count <= lengths.length)
  const own = segments.filter(({ backup }) => backup === 0)
  const bytes = own.reduce((sum, run) => sum + bytesOf(lengths, run), 0)
  const isComplete = own.length < segments.length ? bytes <= rawBytes : bytes === rawBytes
  return framed === lengths.length && segments.every(isThere) && isComplete
}

function bytesOf(lengths: Uint32Array, { first, count }: Segment): number {
  let bytes = 0
  for (let chunk = first; chunk < first + count; chunk++) bytes += lengths[chunk]!
  return bytes
}

function readWords(bytes: Buffer, at: number, count: number): Uint32Array {
  const copy = new Uint8Array(bytes.subarray(at, at + count * 4))
  return new Uint32Array(copy.buffer, 0, count)
}

function takeWords(bytes: Buffer, reader: { at: number }, count: number): Uint32Array {
  const values = readWords(bytes, reader.at, count)
  reader.at += count * 4
  return values
}

function decodeName(bytes: Buffer, reader: { at: number }): string {
  const length = bytes.readUInt16LE(reader.at)
  const name = bytes.toString('utf8', reader.at + 2, reader.at + 2 + length)
  reader.at += 2 + length
  return name
}

function pairs(values: Uint32Array): Frame[] {
  return Array.from({ length: values.length / 2 }, (_, at) => ({
    storedBytes: values[2 * at]!,
    chunks: values[2 * at + 1]!,
  }))
}

function triples(values: Uint32Array): Segment[] {
  return Array.from({ length: values.length / 3 }, (_, at) => ({
    backup: values[3 * at]!,
    first: values[3 * at + 1]!,
    count: values[3 * at + 2]!,
  }))
}
