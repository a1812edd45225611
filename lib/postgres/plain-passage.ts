import { countNewlines } from './archive-newlines.ts'

/** Bytes on their way, from which some are cut out. Offsets count from the first byte. */
export interface Passage {
  add(piece: Uint8Array): void
  /** Leaves out `[from, to)` but for its newlines. In ascending order, and before it was passed. */
  cut(from: number, to: number): void
  /** What is to be passed on up to that offset, each byte once. Pieces without a cut are passed as they are. */
  upTo(offset: number): Iterable<Uint8Array>
}

/** Begins empty; holds what is not decided yet. */
export function openPassage(): Passage {
  const pieces: { from: number; bytes: Uint8Array }[] = []
  const cuts: { from: number; to: number }[] = []
  let added = 0
  let passed = 0

  /** The bytes of the first piece from where the passage is up to `to`, which does not go past that piece. */
  function take(to: number): Uint8Array {
    const { from, bytes } = pieces[0]!
    const taken = bytes.subarray(passed - from, to - from)
    passed = to
    if (to === from + bytes.length) pieces.shift()
    return taken
  }

  return {
    add(piece) {
      if (piece.length > 0) pieces.push({ from: added, bytes: piece })
      added += piece.length
    },
    cut: (from, to) => void cuts.push({ from, to }),
    *upTo(offset) {
      while (passed < offset) {
        const pieceEnd = pieces[0]!.from + pieces[0]!.bytes.length
        while (cuts[0] && cuts[0].to <= passed) cuts.shift()
        const cut = cuts[0]
        const within = cut !== undefined && cut.from <= passed
        const taken = take(Math.min(offset, pieceEnd, cut ? (within ? cut.to : cut.from) : offset))
        const left = within ? newlines(taken) : taken
        if (left.length > 0) yield left
      }
    },
  }
}

function newlines(bytes: Uint8Array): Uint8Array {
  return Buffer.alloc(countNewlines(bytes, 0, bytes.length), '\n')
}
