import { createHash, hash } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { type ChunkSizes, openChunker } from './chunker.ts'
import { growingBytes, growingWords } from './growing.ts'
import type { ChunkIndex, Frame } from './index-file.ts'
import { type Compressor, decompress, openCompressor } from './zstd.ts'

/** Raw bytes from which a frame is closed. */
const frameBytes = 1024 * 1024
/** Frames compressed or decompressed at once, on the thread pool: what is held is a few times this many mebibytes. */
const inFlight = 3

/** How a stream is cut and how hard it is compressed. */
export interface FrameOptions {
  sizes: ChunkSizes
  /** zstd's, 1 to 19. */
  level: number
}

/** A full's stream on its way to the store, and what is known of it after its end. */
export interface FrameWriter {
  /** The data file's bytes: zstd frames with content size and checksum, in stream order, repeated chunks included. */
  stored: AsyncGenerator<Uint8Array, void, void>
  /** Valid after `stored` ended cleanly. */
  result(): { index: ChunkIndex; storedBytes: number; sha256: string }
}

/** Cuts, names and compresses a raw stream. An empty stream gives no frames and an empty data file. */
export function writeFrames(raw: Bytes, options: FrameOptions): FrameWriter {
  const lengths = growingWords()
  const hashes = growingBytes()
  const frames: Frame[] = []
  const sum = createHash('sha256')
  const totals = { raw: 0, stored: 0 }

  async function* stored(): AsyncGenerator<Uint8Array, void, void> {
    const queue: Promise<{ bytes: Buffer; chunks: number }>[] = []
    const close = async () => {
      const { bytes, chunks } = await queue.shift()!
      frames.push({ storedBytes: bytes.length, chunks })
      sum.update(bytes)
      totals.stored += bytes.length
      return bytes
    }
    // Taken in turns: when one comes round again, its last frame was awaited.
    using lanes = openLanes(options.level)
    for await (const frame of gather(raw, options.sizes, { lengths, hashes, totals })) {
      const { chunks, release } = frame
      const compressed = lanes.next().frame(frame.bytes).finally(release)
      queue.push(compressed.then(bytes => ({ bytes, chunks })))
      queue.at(-1)!.catch(() => {}) // told where it is awaited
      if (queue.length >= inFlight) yield await close()
    }
    while (queue.length > 0) yield await close()
  }

  return {
    stored: stored(),
    result: () => ({
      index: {
        average: options.sizes.average,
        rawBytes: totals.raw,
        parents: [],
        frames,
        lengths: lengths.values(),
        hashes: hashes.values(),
        segments: lengths.length() > 0 ? [{ backup: 0, first: 0, count: lengths.length() }] : [],
      },
      storedBytes: totals.stored,
      sha256: sum.digest('hex'),
    }),
  }
}

/** As many compressors as frames are under way. */
function openLanes(level: number): { next(): Compressor } & Disposable {
  const all = Array.from({ length: inFlight }, () => openCompressor(level))
  let turn = 0
  return {
    next: () => all[turn++ % inFlight]!,
    [Symbol.dispose]: () => {
      for (const one of all) one[Symbol.dispose]()
    },
  }
}

interface Tally {
  lengths: ReturnType<typeof growingWords>
  hashes: ReturnType<typeof growingBytes>
  totals: { raw: number }
}

interface Gathered {
  bytes: Buffer
  chunks: number
  /** Its memory is used again; new memory for every frame would be a hundred megabytes before the collector comes. */
  release(): void
}

/** Whole chunks gathered into buffers of one frame each, counted and named on the way. */
async function* gather(
  raw: Bytes,
  sizes: ChunkSizes,
  tally: Tally,
): AsyncGenerator<Gathered> {
  const chunker = openChunker(sizes)
  const spare: Buffer[] = []
  const take = () => spare.pop() ?? Buffer.allocUnsafeSlow(frameBytes + sizes.maximum)
  let buffer = take()
  let used = 0
  let chunks = 0
  const add = (chunk: Uint8Array) => {
    buffer.set(chunk, used)
    used += chunk.length
    chunks += 1
    tally.totals.raw += chunk.length
    tally.lengths.push(chunk.length)
    tally.hashes.push(hash('sha256', chunk, 'buffer'))
  }
  const full = () => {
    const own = buffer
    const frame = { bytes: own.subarray(0, used), chunks, release: () => void spare.push(own) }
    buffer = take()
    used = 0
    chunks = 0
    return frame
  }
  for await (const piece of raw) {
    for (const chunk of chunker.push(piece)) {
      add(chunk)
      if (used >= frameBytes) yield full()
    }
  }
  const last = chunker.end()
  if (last) add(last)
  if (used > 0) yield full()
}

/** One frame read back: every chunk in it had the SHA-256 that the index names. */
export interface CheckedFrame {
  raw: Buffer
  stored: Buffer
}

/** The frames of a whole data file in order, each checked chunk by chunk before it leaves; anything amiss is `data-corrupt`. */
export async function* readFrames(
  stored: Bytes,
  index: ChunkIndex,
  where: string,
): AsyncGenerator<CheckedFrame, void, void> {
  const queue: Promise<CheckedFrame>[] = []
  let first = 0
  for await (const { bytes, frame } of split(stored, index.frames, where)) {
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
  let at = 0
  for (let chunk = chunks.start; chunk < chunks.end; chunk++) {
    const end = at + index.lengths[chunk]!
    const name = index.hashes.subarray(chunk * 32, chunk * 32 + 32)
    if (end > raw.length || !hash('sha256', raw.subarray(at, end), 'buffer').equals(name))
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

/** A data file cut at its frames' borders. */
async function* split(
  stored: Bytes,
  frames: readonly Frame[],
  where: string,
): AsyncGenerator<{ bytes: Buffer; frame: Frame }> {
  let number = 0
  let parts: Uint8Array[] = []
  let missing = frames[0]?.storedBytes ?? 0
  for await (let piece of stored) {
    while (piece.length > 0) {
      const frame = frames[number]
      if (!frame)
        throw new RespaldoError('data-corrupt', `${where}: it is longer than its index says`, {
          hint: damagedHint,
        })
      const part = piece.subarray(0, missing)
      piece = piece.subarray(part.length)
      parts.push(part)
      missing -= part.length
      if (missing > 0) continue
      yield { bytes: Buffer.concat(parts), frame }
      parts = []
      number += 1
      missing = frames[number]?.storedBytes ?? 0
    }
  }
  if (number < frames.length)
    throw new RespaldoError('data-corrupt', `${where}: it is shorter than its index says`, {
      hint: damagedHint,
    })
}
