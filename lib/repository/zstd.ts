import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

/** One whole zstd frame with content size and checksum, made on the thread pool. */
export function compress(bytes: Uint8Array, level: number): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  return new Promise((resolve, reject) => {
    zstdCompress(bytes, { params, pledgedSrcSize: bytes.byteLength }, (error, result) =>
      error ? reject(error) : resolve(result),
    )
  })
}

/** What one whole frame holds; rejects when it is cut, damaged or decompresses to more than `limitBytes`. */
export function decompress(bytes: Uint8Array, limitBytes = 512 * 1024 * 1024): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zstdDecompress(bytes, { maxOutputLength: limitBytes }, (error, result) =>
      error ? reject(error) : resolve(result),
    )
  })
}
