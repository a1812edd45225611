import { type Onlooker, onlookerBy, type Walked, type Walker, walkedBy } from '../walker.ts'
import { archiveWalker, type WalkResult } from './archive.ts'
import type { DumpFormat } from './database.ts'
import { plainWalker } from './plain.ts'

export type { WalkResult } from './archive.ts'

/** Judges a dump that somebody else reads, at its end. */
export const onlooker = (format: DumpFormat): Onlooker<WalkResult> => onlookerBy(walkerOf(format))

/** Passes a dump's bytes on as they are, and judges it. */
export function walked(
  bytes: AsyncIterable<Uint8Array>,
  format: DumpFormat,
  walker = walkerOf(format),
): Walked<WalkResult> {
  return walkedBy(walker, bytes)
}

const walkerOf = (format: DumpFormat): Walker<WalkResult> =>
  format === 'custom' ? archiveWalker() : plainWalker()
