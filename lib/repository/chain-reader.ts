import type { Bytes } from '../bytes.ts'
import { type CheckedFrame, readFrames } from './frame-reader.ts'
import { growingWords } from './growing.ts'
import type { ChunkIndex, Segment } from './index-file.ts'
import type { List } from './packed-list.ts'
import { openCompressor } from './zstd.ts'

/** One backup of a chain as its chunks are read: 0 is the backup itself, k its index's parent k. */
export interface Member {
  index: ChunkIndex
  /** Its data file, for messages. */
  where: string
  /** Bytes of the data file, from `start` to before `end`. */
  read(range: { start: number; end: number }): Bytes
}

/** A piece of the stream, checked; `stored` is set when it is a whole frame of a data file. */
export interface Piece {
  raw: Buffer
  stored: Buffer | undefined
}

/**
 * A backup's raw stream in order, out of the data files of its chain. Frames that follow each other in a file are one read, a frame that is
 * needed again at once is not read again, and what is held is a few frames of each file.
 */
export async function* readChain(members: readonly Member[]): AsyncGenerator<Piece, void, void> {
  const maps = members.map(({ index }) => frameMap(index))
  const uses = () => usesOf(members[0]!.index.segments, maps)
  const needed = maps.map(() => growingWords())
  for (const { backup, frame } of uses()) if (needed[backup]!.last() !== frame) needed[backup]!.push(frame)
  const readers = members.map((member, at) => framesOf(member, maps[at]!, needed[at]!.values()))
  const current: { frame: number; content: CheckedFrame }[] = []
  try {
    for (const use of uses()) {
      if (current[use.backup]?.frame !== use.frame) {
        const { value } = await readers[use.backup]!.next()
        current[use.backup] = { frame: use.frame, content: value as CheckedFrame }
      }
      yield pieceOf(use, current[use.backup]!.content, members[use.backup]!.index, maps[use.backup]!)
    }
  } finally {
    for (const reader of readers) await reader.return()
  }
}

/** Where frames begin: their first chunk and their first stored byte, and where all ends. */
interface FrameMap {
  firstChunk: Uint32Array
  start: Float64Array
}

function frameMap({ frames }: ChunkIndex): FrameMap {
  const firstChunk = new Uint32Array(frames.length + 1)
  const start = new Float64Array(frames.length + 1)
  let frame = 0
  for (const { chunks, storedBytes } of frames) {
    firstChunk[frame + 1] = firstChunk[frame]! + chunks
    start[frame + 1] = start[frame]! + storedBytes
    frame += 1
  }
  return { firstChunk, start }
}

/** Chunks `first` to before `end` of a backup, all of one frame. */
interface Use {
  backup: number
  frame: number
  first: number
  end: number
}

function* usesOf(segments: List<Segment>, maps: readonly FrameMap[]): Generator<Use> {
  for (const { backup, first, count } of segments) {
    const { firstChunk } = maps[backup]!
    let frame = frameAt(firstChunk, first)
    for (let at = first; at < first + count; frame++) {
      const end = Math.min(first + count, firstChunk[frame + 1]!)
      if (end > at) yield { backup, frame, first: at, end }
      at = end
    }
  }
}

/** The frame that holds a chunk: the last one that does not begin behind it. */
function frameAt(firstChunk: Uint32Array, chunk: number): number {
  let low = 0
  let high = firstChunk.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (firstChunk[middle]! <= chunk) low = middle
    else high = middle
  }
  return low
}

/** The frames of one file in the order in which they are needed. */
async function* framesOf(
  { index, where, read }: Member,
  { firstChunk, start }: FrameMap,
  needed: Uint32Array,
): AsyncGenerator<CheckedFrame, void, void> {
  for (let at = 0; at < needed.length; ) {
    const first = needed[at]!
    let end = first
    while (needed[at] === end) {
      at += 1
      end += 1
    }
    const range = { start: start[first]!, end: start[end]! }
    yield* readFrames(read(range), index, where, { first, end, firstChunk: firstChunk[first]! })
  }
}

function pieceOf(use: Use, { raw, stored }: CheckedFrame, { lengths }: ChunkIndex, map: FrameMap): Piece {
  const first = map.firstChunk[use.frame]!
  if (use.first === first && use.end === map.firstChunk[use.frame + 1]) return { raw, stored }
  const bytes = (from: number, to: number) => {
    let sum = 0
    for (let chunk = from; chunk < to; chunk++) sum += lengths[chunk]!
    return sum
  }
  const start = bytes(first, use.first)
  return { raw: raw.subarray(start, start + bytes(use.first, use.end)), stored: undefined }
}

/** Raw bytes of parts of frames that are compressed anew together. */
const reframeBytes = 1024 * 1024

/** The pieces as zstd frames: whole ones as they are stored, parts of some put together and compressed again. */
export async function* reframed(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array, void, void> {
  using compressor = openCompressor(1)
  let waiting: Buffer[] = []
  let waitingBytes = 0
  const frame = () => {
    const bytes = Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    return compressor.frame(bytes)
  }
  for await (const { raw, stored } of pieces) {
    if (stored && waitingBytes === 0) {
      yield stored
      continue
    }
    waiting.push(raw)
    waitingBytes += raw.length
    if (waitingBytes >= reframeBytes) yield await frame()
  }
  if (waitingBytes > 0) yield await frame()
}
