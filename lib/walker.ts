import { RespaldoError } from './errors.ts'

/**
 * Looks at a stream while it passes by. `write` takes its bytes in any pieces and keeps none of them; `end` tells that there are no more.
 * Both throw data-corrupt, with offset and reason, for a stream that is damaged or not whole, and are not called again after that.
 */
export interface Walker<Result> {
  write(piece: Uint8Array): void
  end(): Result
}

/** A stream that is judged while it passes. */
export interface Walked<Result> {
  /** The stream's own bytes. Throws data-corrupt in place of a clean end when the stream is damaged or not whole. */
  bytes: AsyncGenerator<Uint8Array, void, void>
  /** Throws `internal` unless `bytes` ended cleanly before. */
  result(): Result
}

/** Judges a stream that somebody else reads. */
export interface Onlooker<Result> {
  /** Never throws: what the walker refused is told at the end. */
  watch(piece: Uint8Array): void
  /** Throws data-corrupt when what was watched is damaged or not whole. */
  end(): Result
}

/** Nothing is judged before `end`, so that who reads the stream goes on for reasons of its own. */
export function onlookerBy<Result>(walker: Walker<Result>): Onlooker<Result> {
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

/** Passes bytes on as they are. No byte is passed that the walker refused, so an early error reaches the reader early. */
export function walkedBy<Result>(walker: Walker<Result>, bytes: AsyncIterable<Uint8Array>): Walked<Result> {
  let ended: { result: Result } | undefined
  async function* pass(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of bytes) {
      walker.write(piece)
      yield piece
    }
    ended = { result: walker.end() }
  }
  return {
    bytes: pass(),
    result() {
      if (!ended)
        throw new RespaldoError('internal', 'The stream was not read to its end before its walk was asked')
      return ended.result
    },
  }
}
