import { createZstdDecompress } from 'node:zlib'
import type { Bytes } from '../bytes.ts'
import { pump } from './pump.ts'

/**
 * Unpacks a row of zstd frames (RFC 8878), as `zstd -d` does. node:zlib alone stops at the end of the first frame and drops the rest without
 * a word, so the frames' borders are found here, by their headers. A row that is cut anywhere, or empty, throws.
 */
export async function* unzstd(bytes: Bytes): AsyncGenerator<Uint8Array, void, void> {
  const source = bytes[Symbol.asyncIterator]()
  const rest: { piece: Uint8Array | undefined } = { piece: undefined }
  try {
    for (let frames = 0; (await more(source, rest)) || frames === 0; frames++)
      yield* pump(oneFrame(source, rest), createZstdDecompress({ chunkSize: 64 * 1024 }))
  } finally {
    await source.return?.()
  }
}

type Rest = { piece: Uint8Array | undefined }

async function more(source: AsyncIterator<Uint8Array>, rest: Rest): Promise<boolean> {
  while (rest.piece === undefined || rest.piece.length === 0) {
    const next = await source.next()
    if (next.done) return false
    rest.piece = next.value
  }
  return true
}

/** The bytes of the frame that begins here; what follows it is left in `rest`. */
async function* oneFrame(source: AsyncIterator<Uint8Array>, rest: Rest): AsyncGenerator<Uint8Array> {
  const walk = frameWalk()
  while (await more(source, rest)) {
    const piece = rest.piece!
    const end = walk(piece)
    rest.piece = end === -1 ? undefined : piece.subarray(end)
    yield end === -1 ? piece : piece.subarray(0, end)
    if (end !== -1) return
  }
}

const magic = 0xfd2fb528
const dictionaryBytes = [0, 1, 2, 4]
const contentSizeBytes = [0, 2, 4, 8]

/** Finds where one frame ends: fed its pieces in order, it returns the end within the piece, or -1 when the frame goes on. */
function frameWalk(): (piece: Uint8Array) => number {
  const header: number[] = []
  let wanted = 4
  let skip = 0
  let step: (bytes: number[]) => void = readMagic
  let checksum = false
  let last = false
  let ended = false

  function expect(bytes: number, next: (bytes: number[]) => void): void {
    wanted = bytes
    step = next
  }
  function readMagic(bytes: number[]): void {
    const value = word(bytes)
    if (value === magic) expect(1, readDescriptor)
    else if (value >>> 4 === 0x184d2a5) expect(4, readSkippable)
    else throw new Error('not a zstd frame')
  }
  function readSkippable(bytes: number[]): void {
    skip = word(bytes)
    last = true
    checksum = false
  }
  function readDescriptor([descriptor = 0]: number[]): void {
    const single = (descriptor & 0x20) !== 0
    checksum = (descriptor & 0x04) !== 0
    const sizeFlag = descriptor >>> 6
    skip =
      (single ? 0 : 1) +
      dictionaryBytes[descriptor & 3]! +
      (single && sizeFlag === 0 ? 1 : contentSizeBytes[sizeFlag]!)
    expect(3, readBlock)
  }
  function readBlock(bytes: number[]): void {
    const value = word(bytes)
    last = (value & 1) !== 0
    const type = (value >>> 1) & 3
    skip = (type === 1 ? 1 : value >>> 3) + (last && checksum ? 4 : 0)
  }

  return piece => {
    let at = 0
    while (!ended) {
      const skipped = Math.min(skip, piece.length - at)
      skip -= skipped
      at += skipped
      if (skip > 0) return -1
      if (last) ended = true
      else {
        while (header.length < wanted && at < piece.length) header.push(piece[at++]!)
        if (header.length < wanted) return -1
        step(header.splice(0))
      }
    }
    return at
  }
}

function word(bytes: number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}
