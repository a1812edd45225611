import type { Bytes } from '../bytes.ts'
import type { Frame } from './attended-exec.ts'

const headerBytes = 8

/**
 * Walks an engine's multiplexed stream: each frame is 8 bytes (stream number, three zeros, length in big endian) and its payload.
 * Throws RangeError when the stream ends inside a frame or is none.
 */
export async function* readFrames(bytes: Bytes): AsyncGenerator<Frame, void, void> {
  let stream: Frame['stream'] = 'stdout'
  let left = 0
  let header = Buffer.alloc(0)
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      if (left > 0) {
        const payload = piece.subarray(at, at + left)
        at += payload.length
        left -= payload.length
        yield { stream, payload }
        continue
      }
      const part = piece.subarray(at, at + headerBytes - header.length)
      at += part.length
      header = Buffer.concat([header, part])
      if (header.length < headerBytes) continue
      stream = streamOf(header)
      left = header.readUInt32BE(4)
      header = Buffer.alloc(0)
    }
  }
  if (left > 0 || header.length > 0) throw new RangeError('the stream ended inside a frame')
}

function streamOf(header: Buffer): Frame['stream'] {
  const number = header[0] ?? 0
  if (number > 2 || header.readUIntBE(1, 3) !== 0)
    throw new RangeError('the stream does not consist of frames')
  return number === 2 ? 'stderr' : 'stdout'
}
