import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Clock } from '../../clock.ts'
import { RespaldoError } from '../../errors.ts'
import { bounds, tooShort } from '../range.ts'
import { type ByteRange, MissingObject } from '../store.ts'
import { failure } from './failure.ts'
import { openFailure, type Place, readOnly } from './read.ts'

const smallBytes = 64 * 1024

/** From memory a small object takes some 0.01 ms; what takes longer waited for a disk or a network. */
const quickMilliseconds = 0.25
const restAfterSlow = 32

/**
 * Reads small objects without the thread pool, whose four round trips cost several times the reading: 10,000 objects in 0.12 s.
 * As soon as one read had to wait, the next ones are left to the pool, where several wait at once and the event loop does not.
 * The answer is undefined where the pool has to do it.
 */
export function smallReads(clock: Clock): (place: Place, range: ByteRange | undefined) => Buffer | undefined {
  let rest = 0
  return (place, range) => {
    if (range && range.end - range.start > smallBytes) return undefined
    if (rest > 0) {
      rest -= 1
      return undefined
    }
    const began = clock.monotonic()
    try {
      return readSmall(place, range)
    } finally {
      if (clock.monotonic() - began > quickMilliseconds) rest = restAfterSlow
    }
  }
}

function readSmall(place: Place, range: ByteRange | undefined): Buffer | undefined {
  const descriptor = openNow(place)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new MissingObject(place.key)
    const { start, end } = bounds(range, stats.size, place)
    return end - start > smallBytes ? undefined : readWhole(descriptor, start, end - start, place)
  } catch (error) {
    throw error instanceof RespaldoError || error instanceof MissingObject
      ? error
      : failure(`read ${place.path}`, error)
  } finally {
    closeSync(descriptor)
  }
}

function openNow(place: Place): number {
  try {
    return openSync(place.path, readOnly)
  } catch (error) {
    throw openFailure(place, error)
  }
}

function readWhole(descriptor: number, position: number, length: number, place: Place): Buffer {
  const piece = Buffer.allocUnsafe(length)
  for (let filled = 0; filled < length; ) {
    const count = readSync(descriptor, piece, filled, length - filled, position + filled)
    if (count === 0) throw tooShort(place, position + filled, position + length)
    filled += count
  }
  return piece
}
