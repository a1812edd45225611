import { hash } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { ChunkIndex, Frame } from './index-file.ts'
import type { List } from './packed-list.ts'
import { decompress } from './zstd.ts'

/** Frames decompressed at once, on the thread pool: what is held is a few times this many mebibytes. */
const inFlight = 3

/** One frame read back: every chunk in it had the SHA-256 that the index names. */
export interface CheckedFrame {
  raw: Buffer
  stored: Buffer
}

/** Frames of a data file that follow each other, and the number of the first one's first chunk. */
export interface FrameRange {
  first: number
  end: number
  firstChunk: number
}

/** The frames of a whole data file in order, or of a range of it, each checked chunk by chunk before it leaves; anything amiss is `data-corrupt`. */
export async function* readFrames(
  stored: Bytes,
  index: ChunkIndex,
  where: string,
  range: FrameRange = { first: 0, end: index.frames.length, firstChunk: 0 },
): AsyncGenerator<CheckedFrame, void, void> {
  const queue: Promise<CheckedFrame>[] = []
  let first = range.firstChunk
  for await (const { bytes, frame } of split(stored, { frames: index.frames, ...range }, where)) {
    const start = first
    first += frame.chunks
    queue.push(open(bytes, index, { start, end: first }, where))
    queue.at(-1)!.catch(() => {}) // told where it is awaited
    if (queue.length >= inFlight) yield await queue.shift()!
  }
  while (queue.length > 0) yield await queue.shift()!
}

async function open(
  stored: Buffer,
  index: ChunkIndex,
  chunks: { start: number; end: number },
  where: string,
): Promise<CheckedFrame> {
  let expectedBytes = 0
  for (let chunk = chunks.start; chunk < chunks.end; chunk++) expectedBytes += index.lengths[chunk]!
  const raw = await decompress(stored, { expectedBytes, limitBytes: expectedBytes + 1 }).catch(cause => {
    throw new RespaldoError('data-corrupt', `${where}: a compressed frame is damaged`, {
      cause,
      hint: damagedHint,
    })
  })
  const { hashes } = index
  const names = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength)
  let at = 0
  for (let chunk = chunks.start; chunk < chunks.end; chunk++) {
    const end = at + index.lengths[chunk]!
    const name = names.toString('latin1', chunk * 32, chunk * 32 + 32)
    if (end > raw.length || hash('sha256', raw.subarray(at, end), 'binary') !== name)
      throw new RespaldoError('data-corrupt', `${where}: chunk ${chunk} is not what was stored`, {
        hint: damagedHint,
      })
    at = end
  }
  if (at !== raw.length)
    throw new RespaldoError('data-corrupt', `${where}: a frame is longer than its chunks`, {
      hint: damagedHint,
    })
  return { raw, stored }
}

const damagedHint =
  'The file was changed or damaged after the backup was made. Restore another backup, and check the disk.'

/** The frames from `first` to before `end`, cut at their borders. */
async function* split(
  stored: Bytes,
  { frames, first, end }: { frames: List<Frame>; first: number; end: number },
  where: string,
): AsyncGenerator<{ bytes: Buffer; frame: Frame }> {
  const frameAt = (number: number) => (number < end ? frames.at(number) : undefined)
  let number = first
  let parts: Uint8Array[] = []
  let missing = frameAt(number)?.storedBytes ?? 0
  for await (let piece of stored) {
    while (piece.length > 0) {
      const frame = frameAt(number)
      if (!frame)
        throw new RespaldoError('data-corrupt', `${where}: it is longer than its index says`, {
          hint: damagedHint,
        })
      const part = piece.subarray(0, missing)
      piece = piece.subarray(part.length)
      parts.push(part)
      missing -= part.length
      if (missing > 0) continue
      yield { bytes: together(parts), frame }
      parts = []
      number += 1
      missing = frameAt(number)?.storedBytes ?? 0
    }
  }
  if (number < end)
    throw new RespaldoError('data-corrupt', `${where}: it is shorter than its index says`, {
      hint: damagedHint,
    })
}

/** One part is no copy. */
function together(parts: readonly Uint8Array[]): Buffer {
  const [only] = parts
  return parts.length === 1 && only
    ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
    : Buffer.concat(parts)
}
