import { hash } from 'node:crypto'

/** Bytes of a chunk: never below `minimum` but for the stream's last, never above `maximum`. */
export interface ChunkSizes {
  average: number
  minimum: number
  maximum: number
}

const smallest = 8 * 1024
const largest = 1024 * 1024
const chunksOfAFull = 65_536

/** The average that keeps a full near 65,536 chunks: 8 KiB up to 512 MiB, doubling with the size, 1 MiB from 64 GiB on. */
export function averageFor(sourceBytes: number): number {
  let average = smallest
  while (average < largest && sourceBytes / average > chunksOfAFull) average *= 2
  return average
}

/** Limits that belong to an average, which is a power of two from 8 KiB to 1 MiB. */
export function chunkSizes(average: number): ChunkSizes {
  return { average, minimum: average / 4, maximum: average * 4 }
}

/**
 * 256 words of the gear hash: the first four bytes, little-endian, of SHA-256 over `respaldo gear <byte>`.
 * Part of the format only in that other words cut elsewhere: a chain keeps its cuts, any reader reads any cuts.
 */
const gear = Int32Array.from({ length: 256 }, (_, byte) =>
  hash('sha256', `respaldo gear ${byte}`, 'buffer').readInt32LE(0),
)

/** Rolls the hash from `at` to `end`; the place behind the first byte at which the masked bits are zero, or -1. The hash stays in `state`. */
function scan(piece: Uint8Array, at: number, end: number, bits: number, state: Int32Array): number {
  let word = state[0]!
  for (let next = at; next < end; next++) {
    word = ((word << 1) + gear[piece[next]!]!) | 0
    if ((word & bits) === 0) return next + 1
  }
  state[0] = word
  return -1
}

/** The top `bits` of a 32-bit word: these depend on the last 32 bytes. */
const mask = (bits: number): number => (0xffffffff << (32 - bits)) | 0

/**
 * Cuts a stream by content, so that an insertion moves only the cuts near it.
 * Normalised gear cutting after FastCDC (Xia et al., USENIX ATC 2016): harder than the average before it, easier after it.
 * The cuts depend on the bytes alone, never on how the stream came in pieces.
 */
export interface Chunker {
  /** The chunks that end in this piece, in order. They are views, valid until the next call. */
  push(piece: Uint8Array): Generator<Uint8Array, void, void>
  /** The last chunk, if bytes are left. */
  end(): Uint8Array | undefined
}

/** One chunker for one stream; it holds at most one chunk of `maximum` bytes. */
export function openChunker(sizes: ChunkSizes): Chunker {
  const bits = Math.log2(sizes.average)
  const hard = mask(bits + 1)
  const easy = mask(bits - 1)
  const pending = new Uint8Array(sizes.maximum)
  let held = 0
  const state = new Int32Array(1)

  /** Where the current chunk ends within the piece, or -1. `from` is where its bytes begin in the piece. */
  function findCut(piece: Uint8Array, from: number): number {
    const origin = from - held
    const end = piece.length
    let at = Math.max(from, origin + sizes.minimum)
    if (at >= end) return -1
    const middle = Math.min(end, origin + sizes.average)
    const last = Math.min(end, origin + sizes.maximum)
    const cut = scan(piece, at, middle, hard, state)
    if (cut !== -1) return cut
    at = Math.max(at, middle)
    const late = scan(piece, at, last, easy, state)
    if (late !== -1) return late
    return last === origin + sizes.maximum ? last : -1
  }

  function take(piece: Uint8Array, from: number, to: number): Uint8Array {
    if (held === 0) return piece.subarray(from, to)
    pending.set(piece.subarray(from, to), held)
    const chunk = pending.subarray(0, held + to - from)
    held = 0
    return chunk
  }

  return {
    *push(piece) {
      let from = 0
      for (let cut = findCut(piece, from); cut !== -1; cut = findCut(piece, from)) {
        const chunk = take(piece, from, cut)
        from = cut
        state[0] = 0
        yield chunk
      }
      pending.set(piece.subarray(from), held)
      held += piece.length - from
    },
    end() {
      const rest = held > 0 ? pending.subarray(0, held) : undefined
      held = 0
      return rest
    },
  }
}
