import { constants, createGzip, createZstdCompress } from 'node:zlib'
import type { Bytes } from '../bytes.ts'
import { pump } from './pump.ts'
import type { Transport } from './transport.ts'

/** Makes bytes small: by default at once rather than well, as for their way to the source. */
export function pack(bytes: Bytes, transport: Transport, level = 1): Bytes {
  if (transport === 'none') return bytes
  const stream =
    transport === 'zstd'
      ? createZstdCompress({
          chunkSize: 256 * 1024,
          params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
        })
      : createGzip({ chunkSize: 256 * 1024, level })
  return pump(bytes, stream)
}
