import { RespaldoError } from '../errors.ts'
import { archiveWalker, type Walker, type WalkResult } from './archive.ts'
import type { DumpFormat } from './database.ts'
import { plainWalker } from './plain.ts'

export type { Walker, WalkResult } from './archive.ts'

/** A dump that is judged while it passes. */
export interface Walked {
  /** The dump's own bytes. Throws data-corrupt in place of a clean end when the dump is damaged or not whole. */
  bytes: AsyncGenerator<Uint8Array, void, void>
  /** Throws `internal` unless `bytes` ended cleanly before. */
  result(): WalkResult
}

/** Passes a dump's bytes on as they are. No byte is passed that the walker refused, so an early error reaches the reader early. */
export function walked(
  bytes: AsyncIterable<Uint8Array>,
  format: DumpFormat,
  walker: Walker = format === 'custom' ? archiveWalker() : plainWalker(),
): Walked {
  let result: WalkResult | undefined
  async function* pass(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of bytes) {
      walker.write(piece)
      yield piece
    }
    result = walker.end()
  }
  return {
    bytes: pass(),
    result() {
      if (!result)
        throw new RespaldoError('internal', 'The dump was not read to its end before its walk was asked')
      return result
    },
  }
}
