import { Readable } from 'node:stream'

/** Pieces that count as read ahead. They are frames of a stream, 32 KiB at most. */
const highWaterMark = 64

/** A stream that is pushed to with backpressure; once it is destroyed, what is pushed is thrown away and nobody waits. */
export function openOutputBuffer() {
  let wake: (() => void) | undefined
  const readable = new Readable({ objectMode: true, highWaterMark, read: () => wake?.() })
  readable.once('close', () => wake?.())
  readable.on('error', () => {}) // whoever reads hears of it
  return {
    readable,
    /** Resolves when there is room again. */
    push(piece: Uint8Array): Promise<void> | undefined {
      if (piece.length === 0 || readable.destroyed || readable.push(piece)) return undefined
      return new Promise(resolve => {
        wake = resolve
      })
    },
    end(): void {
      if (!readable.destroyed) readable.push(null)
    },
    fail<E extends Error>(error: E): E {
      readable.destroy(error)
      return error
    },
  }
}
