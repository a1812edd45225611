import { throwIfAborted, toRespaldoError } from './errors.ts'

/** A stream of bytes. When it ends cleanly it was whole; otherwise it throws. */
export type Bytes = AsyncIterable<Uint8Array>

/** One value as a stream. */
export async function* once(...pieces: (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
}

/** The whole stream in memory; throws RangeError past `limitBytes`, so that nothing of a database's size is ever held. */
export async function collect(bytes: Bytes, limitBytes = 64 * 1024 * 1024): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let total = 0
  for await (const piece of bytes) {
    total += piece.byteLength
    if (total > limitBytes)
      throw new RangeError(`more than ${limitBytes} bytes where a small document was expected`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, total)
}

/** The whole stream in memory, in one piece from the start; undefined when it has not exactly that many bytes. Takes the pieces as its own. */
export async function collectExactly(bytes: Bytes, sizeBytes: number): Promise<Buffer | undefined> {
  const all = Buffer.allocUnsafe(sizeBytes)
  let total = 0
  for await (const piece of bytes) {
    if (total + piece.byteLength > sizeBytes) return undefined
    all.set(piece, total)
    total += piece.byteLength
    release(piece)
  }
  return total === sizeBytes ? all : undefined
}

/**
 * Gives the memory of a piece that nobody reads any more back at once. Left to the collector, a stream of mebibytes costs as much time as its
 * decompression, and all of its memory for a while. Small pieces are left, as they may share theirs.
 */
export function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0)
}

/** Reads the stream to its end for its errors and throws the bytes away. */
export async function drain(bytes: Bytes): Promise<void> {
  for await (const _ of bytes);
}

/** `741 MB`, `1.2 kB`, `0 B`: decimal units, for people. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** Passes bytes through until the signal is aborted; then it throws at once, also while `bytes` is still making its next piece. */
export async function* abortable(bytes: Bytes, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (!signal) return yield* bytes
  throwIfAborted(signal)
  const iterator = bytes[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      throwIfAborted(signal)
      const { done, value } = await unlessAborted(iterator.next(), signal)
      ended = done === true
      if (done) return
      yield value
    }
  } catch (error) {
    ended ||= !signal.aborted // what throws by itself has ended
    throw error
  } finally {
    const closing = ended ? undefined : iterator.return?.()
    // A generator that hangs in its `next` answers its `return` only afterwards: who aborts does not wait for it.
    if (signal.aborted) closing?.catch(() => {})
    else await closing
  }
}

/** What the promise settles to, or the signal's reason when that comes first. Leaves no listener behind. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) promise.catch(() => {}) // aborted by who made the promise
  throwIfAborted(signal)
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(toRespaldoError(signal.reason))
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
