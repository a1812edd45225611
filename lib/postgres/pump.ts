import type { Duplex } from 'node:stream'
import type { Bytes } from '../bytes.ts'

/** Bytes through a stream with backpressure. The first error of either is thrown; a clean end means that both ended cleanly. */
export async function* pump(bytes: Bytes, stream: Duplex): AsyncGenerator<Uint8Array, void, void> {
  let sourceError: unknown
  const fed = feed(bytes, stream).catch(error => {
    sourceError = error
    stream.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const piece of stream) yield piece as Uint8Array
    await fed
  } catch (error) {
    throw sourceError ?? error
  } finally {
    stream.destroy()
    await fed
  }
}

async function feed(bytes: Bytes, stream: Duplex): Promise<void> {
  for await (const piece of bytes) {
    if (stream.destroyed) return
    if (!stream.write(piece)) await writable(stream)
  }
  stream.end()
}

function writable(stream: Duplex): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
