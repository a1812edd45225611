import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { RespaldoError } from '../../errors.ts'
import { bounds, tooShort } from '../range.ts'
import { type ByteRange, MissingObject } from '../store.ts'
import { failure } from './failure.ts'
import type { Quick } from './quick.ts'
import { openFailure, type Place, readOnly } from './read.ts'

const smallBytes = 64 * 1024

/** Reads small objects; undefined where the thread pool has to do it. */
export function smallReads(quick: Quick): (place: Place, range: ByteRange | undefined) => Buffer | undefined {
  return (place, range) => {
    if (range && range.end - range.start > smallBytes) return undefined
    return quick(() => readSmall(place, range))
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
