import { createHash } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { type ChunkSizes, openChunker } from './chunker.ts'
import { growingWords } from './growing.ts'
import { type ChunkIndex, packedFrames } from './index-file.ts'
import { fullRecipe, type Recipe } from './recipe.ts'
import { type Compressor, openCompressor } from './zstd.ts'

/** Raw bytes from which a frame is closed. */
const frameBytes = 1024 * 1024
/** Frames compressed at once, on the thread pool: what is held is a few times this many mebibytes. */
const inFlight = 3

/** How a stream is cut and how hard it is compressed. */
export interface FrameOptions {
  sizes: ChunkSizes
  /** zstd's, 1 to 19. */
  level: number
  /** A full's unless given. */
  recipe?: Recipe | undefined
}

/** A stream on its way to the store, and what is known of it after its end. */
export interface FrameWriter {
  /** The data file's bytes: zstd frames with content size and checksum, of the chunks that are to be stored, in stream order. */
  stored: AsyncGenerator<Uint8Array, void, void>
  /** Valid after `stored` ended cleanly. */
  result(): { index: ChunkIndex; storedBytes: number; sha256: string }
}

/** Cuts, names and compresses a raw stream. Where nothing is to be stored there are no frames, and the data file is empty. */
export function writeFrames(raw: Bytes, options: FrameOptions): FrameWriter {
  const recipe = options.recipe ?? fullRecipe()
  const frames = growingWords()
  const sum = createHash('sha256')
  let storedBytes = 0

  async function* stored(): AsyncGenerator<Uint8Array, void, void> {
    const queue: Promise<{ bytes: Buffer; chunks: number }>[] = []
    const close = async () => {
      const { bytes, chunks } = await queue.shift()!
      frames.push(bytes.length)
      frames.push(chunks)
      sum.update(bytes)
      storedBytes += bytes.length
      return bytes
    }
    // Taken in turns: when one comes round again, its last frame was awaited.
    using lanes = openLanes(options.level)
    for await (const frame of gather(raw, options.sizes, recipe)) {
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
        frames: packedFrames(frames.values()),
        ...recipe.result(),
      },
      storedBytes,
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

interface Gathered {
  bytes: Buffer
  chunks: number
  /** Its memory is used again; new memory for every frame would be a hundred megabytes before the collector comes. */
  release(): void
}

/** Whole chunks that are to be stored, gathered into buffers of one frame each. */
async function* gather(raw: Bytes, sizes: ChunkSizes, recipe: Recipe): AsyncGenerator<Gathered> {
  const chunker = openChunker(sizes)
  const spare: Buffer[] = []
  const take = () => spare.pop() ?? Buffer.allocUnsafeSlow(frameBytes + sizes.maximum)
  let buffer = take()
  let used = 0
  let chunks = 0
  const add = (chunk: Uint8Array) => {
    if (!recipe.take(chunk)) return
    buffer.set(chunk, used)
    used += chunk.length
    chunks += 1
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
