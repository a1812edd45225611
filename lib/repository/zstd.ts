import { constants, createZstdCompress, type ZstdCompress, zstdDecompress } from 'node:zlib'

/** Makes whole zstd frames with content size and checksum, one at a time, on the thread pool. */
export interface Compressor extends Disposable {
  /** The bytes may be used again once it resolves; it may be called again only then. */
  frame(bytes: Uint8Array): Promise<Buffer>
}

/** What a zstd frame begins with (RFC 8878). */
const magic = 0xfd2fb528

/** More than a frame of a mebibyte takes but for data that cannot be compressed, so that it seldom comes in two pieces. */
const pieceBytes = 512 * 1024

/** One compressor for many frames: a new context for every frame costs memory that comes back late. */
export function openCompressor(level: number): Compressor {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  const stream = createZstdCompress({ flush: constants.ZSTD_e_end, chunkSize: pieceBytes, params })
  let pieces: Buffer[] = []
  stream.on('data', piece => pieces.push(piece))
  return {
    async frame(bytes) {
      await written(stream, bytes)
      const frame = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      pieces = []
      // A frame that came late would be taken for the next one's, and the index be wrong: that may not wait for a restore to be seen.
      if (frame.length < 4 || frame.readUInt32LE(0) !== magic)
        throw new Error('zlib gave no whole zstd frame')
      return frame
    },
    [Symbol.dispose]: () => void stream.destroy(),
  }
}

function written(stream: ZstdCompress, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => stream.write(bytes, error => (error ? reject(error) : resolve())))
}

/** One frame. */
export async function compress(bytes: Uint8Array, level: number): Promise<Buffer> {
  using compressor = openCompressor(level)
  return await compressor.frame(bytes)
}

/**
 * What one whole frame holds; rejects when it is cut, damaged or decompresses to more than `limitBytes`. `expectedBytes` is no limit, but
 * what comes out in one piece.
 */
export function decompress(
  bytes: Uint8Array,
  { limitBytes = 512 * 1024 * 1024, expectedBytes = 64 * 1024 } = {},
): Promise<Buffer> {
  // One byte more: a full buffer would be looked at once more.
  const options = { maxOutputLength: limitBytes, chunkSize: Math.max(64, expectedBytes + 1) }
  return new Promise((resolve, reject) => {
    zstdDecompress(bytes, options, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
