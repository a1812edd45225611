import { hash } from 'node:crypto'
import { changedFile } from './damage.ts'
import { tooNew } from './manifest.ts'
import { type List, packedList } from './packed-list.ts'

/** The chunks of one backup in stream order. See FORMAT.md, "index". */
export interface ChunkIndex {
  average: number
  rawBytes: number
  /** Earlier backups of the chain that `segments` point into, by id. */
  parents: readonly string[]
  frames: List<Frame>
  /** Lengths of the chunks that this backup's own data file holds, in its order. */
  lengths: Uint32Array
  /** Their SHA-256, 32 bytes each. */
  hashes: Uint8Array
  /** The stream in order, as runs of own chunks (`backup` 0) or of those of `parents[backup - 1]`. */
  segments: List<Segment>
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

/** Frames out of two numbers each: stored bytes, chunks. */
export const packedFrames = (words: Uint32Array): List<Frame> =>
  packedList(words, 2, (words, at) => ({ storedBytes: words[at]!, chunks: words[at + 1]! }))

/** Segments out of three numbers each: backup, first, count. */
export const packedSegments = (words: Uint32Array): List<Segment> =>
  packedList(words, 3, (words, at) => ({ backup: words[at]!, first: words[at + 1]!, count: words[at + 2]! }))

/** The index as the bytes of its file; little-endian, fixed width, the SHA-256 of all before at the end. */
export function encodeIndex(index: ChunkIndex): Buffer {
  const { average, parents, frames, segments, lengths, hashes } = index
  const names = Buffer.concat(parents.map(encodeName))
  // In one piece from the start: this may be as large as all else that is held.
  const parts = partsBytes(frames.length, segments.length, lengths.length)
  const bytes = Buffer.allocUnsafe(parts + names.length + hashBytes)
  let at = bytes.write(magic, 'latin1')
  const put = (...words: number[]) => {
    for (const word of words) at = bytes.writeUInt32LE(word, at)
  }
  const copy = (part: Uint8Array) => {
    bytes.set(part, at)
    at += part.length
  }
  put(version, average, parents.length, frames.length, lengths.length, segments.length)
  at = bytes.writeBigUInt64LE(BigInt(index.rawBytes), at)
  copy(names)
  for (const { storedBytes, chunks } of frames) put(storedBytes, chunks)
  for (const { backup, first, count } of segments) put(backup, first, count)
  for (const length of lengths) put(length)
  copy(hashes)
  copy(hash('sha256', bytes.subarray(0, at), 'buffer'))
  return bytes
}

/** All but the parents' names and the sum at the end. */
function partsBytes(frames: number, segments: number, chunks: number): number {
  return headBytes + frames * 8 + segments * 12 + chunks * (4 + hashBytes)
}

function encodeName(name: string): Buffer {
  const text = Buffer.from(name)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(text.length)
  return Buffer.concat([length, text])
}

/** Reads what `encodeIndex` wrote; anything else is `data-corrupt`. `where` names the file in the message. */
export function decodeIndex(bytes: Buffer, where: string): ChunkIndex {
  const corrupt = (what: string) => changedFile(where, what)
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
  if (body.length < partsBytes(frames, segments, chunks)) throw corrupt('its parts do not add up')
  const reader = { at: headBytes }
  const index: ChunkIndex = {
    average,
    rawBytes: Number(body.readBigUInt64LE(32)),
    parents: Array.from({ length: parents }, () => decodeName(body, reader)),
    frames: packedFrames(takeWords(body, reader, frames * 2)),
    segments: packedSegments(takeWords(body, reader, segments * 3)),
    lengths: takeWords(body, reader, chunks),
    hashes: body.subarray(reader.at, reader.at + chunks * hashBytes),
  }
  if (reader.at + chunks * hashBytes !== body.length) throw corrupt('its parts do not add up')
  return index
}

/** Throws `data-corrupt` unless the index can be true by itself: its sum says only that it is what was written. */
export function assertConsistent(index: ChunkIndex, where: string): void {
  if (!isConsistent(index)) throw changedFile(where, 'its parts do not add up')
}

/** The frames hold exactly the own chunks, the runs point to what there is, and the lengths that are known make up no more than the stream. */
function isConsistent({ frames, lengths, segments, parents, rawBytes }: ChunkIndex): boolean {
  let framed = 0
  for (const { chunks } of frames) framed += chunks
  const isThere = ({ backup, first, count }: Segment) =>
    backup <= parents.length && (backup > 0 || first + count <= lengths.length)
  let own = 0
  let bytes = 0
  for (const run of segments) {
    if (!isThere(run)) return false
    if (run.backup > 0) continue
    own += 1
    bytes += bytesOf(lengths, run)
  }
  const isComplete = own < segments.length ? bytes <= rawBytes : bytes === rawBytes
  return framed === lengths.length && isComplete
}

function bytesOf(lengths: Uint32Array, { first, count }: Segment): number {
  let bytes = 0
  for (let chunk = first; chunk < first + count; chunk++) bytes += lengths[chunk]!
  return bytes
}

/** A view where they are aligned, as they are in a full's index, the largest of a chain; else a copy. */
function readWords(bytes: Buffer, at: number, count: number): Uint32Array {
  const start = bytes.byteOffset + at
  if (start % 4 === 0) return new Uint32Array(bytes.buffer, start, count)
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
