import { close, constants, fstat, open, read } from 'node:fs'
import { promisify } from 'node:util'
import { throwIfAborted } from '../../errors.ts'
import { bounds, tooShort } from '../range.ts'
import { type ByteRange, MissingObject } from '../store.ts'
import { attempt, codeOf, failure } from './failure.ts'

const openFile = promisify(open)
const statFile = promisify(fstat)

const pieceBytes = 1024 * 1024

/** Without O_NONBLOCK opening a FIFO waits for somebody to write. */
export const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Where an object is, and how messages call it. */
export interface Place {
  path: string
  key: string
  /** The store's name. */
  store: string
}

/** The bytes of one object, one piece read ahead of the consumer. A clean end has every byte that the file had when it was opened. */
export async function* readObject(
  place: Place,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const { descriptor, size } = await openObject(place)
  let ahead: Promise<Buffer> | undefined
  try {
    const { start, end } = bounds(range, size, place)
    const next = (at: number) =>
      at < end ? readPiece(descriptor, at, Math.min(pieceBytes, end - at), place) : undefined
    ahead = next(start)
    for (let at = start; ahead; ) {
      throwIfAborted(signal)
      const piece: Buffer = await ahead
      at += piece.length
      ahead = next(at)
      ahead?.catch(() => {}) // awaited in the next round; if there is none, nobody wants to know
      yield piece
    }
  } finally {
    // A descriptor that is closed under a read may already be another file's.
    await ahead?.catch(() => {})
    close(descriptor, () => {})
  }
}

/** Whatever is not a regular file is no object. */
async function openObject(place: Place): Promise<{ descriptor: number; size: number }> {
  const descriptor = await openFile(place.path, readOnly).catch(error => {
    throw openFailure(place, error)
  })
  try {
    const stats = await attempt(`read ${place.path}`, statFile(descriptor))
    if (!stats.isFile()) throw new MissingObject(place.key)
    return { descriptor, size: stats.size }
  } catch (error) {
    close(descriptor, () => {})
    throw error
  }
}

/** Tells an object that does not exist from one that cannot be opened. ENXIO is a socket's answer. */
export function openFailure(place: Place, error: unknown): Error {
  const isMissing = ['ENOENT', 'ENOTDIR', 'ENXIO'].includes(codeOf(error) ?? '')
  return isMissing ? new MissingObject(place.key) : failure(`read ${place.path}`, error)
}

async function readPiece(
  descriptor: number,
  position: number,
  length: number,
  place: Place,
): Promise<Buffer> {
  const piece = Buffer.allocUnsafe(length)
  for (let filled = 0; filled < length; ) {
    const count = await attempt(`read ${place.path}`, readInto(descriptor, piece, filled, position + filled))
    if (count === 0) throw tooShort(place, position + filled, position + length)
    filled += count
  }
  return piece
}

function readInto(descriptor: number, buffer: Buffer, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    read(descriptor, buffer, offset, buffer.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    ),
  )
}
