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

/** Judges a dump that somebody else reads. */
export interface Onlooker {
  /** Never throws: what the walker refused is told at the end. */
  watch(piece: Uint8Array): void
  /** Throws data-corrupt when what was watched is damaged or not whole. */
  end(): WalkResult
}

/** Nothing is judged before `end`, so that who reads the dump goes on for reasons of its own. */
export function onlooker(format: DumpFormat): Onlooker {
  const walker = walkerOf(format)
  let refusal: { error: unknown } | undefined
  return {
    watch(piece) {
      if (refusal) return
      try {
        walker.write(piece)
      } catch (error) {
        refusal = { error }
      }
    },
    end() {
      if (refusal) throw refusal.error
      return walker.end()
    },
  }
}

const walkerOf = (format: DumpFormat): Walker => (format === 'custom' ? archiveWalker() : plainWalker())

/** Passes a dump's bytes on as they are. No byte is passed that the walker refused, so an early error reaches the reader early. */
export function walked(
  bytes: AsyncIterable<Uint8Array>,
  format: DumpFormat,
  walker: Walker = walkerOf(format),
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
