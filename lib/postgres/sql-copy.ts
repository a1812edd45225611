/** Finds the line `\.` that ends COPY's data, in pieces cut anywhere. */
export interface CopyEnd {
  /** The index behind that line, or -1 when it is not in what is left of this piece. */
  find(piece: Buffer, from: number): number
}

const newline = 0x0a
const backslash = 0x5c
const dot = 0x2e
const carriageReturn = 0x0d
const candidate = Buffer.of(newline, backslash, dot)

/** How much of `\.` and a carriage return the line has so far; `otherwise` once it cannot be the last one. */
const otherwise = -1
const lineBegun = 0
const backslashSeen = 1
const dotSeen = 2
const returnSeen = 3

/** Begins at the beginning of a line. As in psql, the last line may also end with a carriage return and a newline. */
export function copyEnd(): CopyEnd {
  let line = lineBegun

  /** The index of the next line that begins with `\.`, or of the piece's end, where such a line may have begun. */
  function nextCandidate(piece: Buffer, from: number): number {
    const found = piece.indexOf(candidate, from)
    const end = piece.length
    if (found !== -1 || piece[end - 1] === newline) line = lineBegun
    else if (end - 2 >= from && piece[end - 1] === backslash && piece[end - 2] === newline)
      line = backslashSeen
    return found === -1 ? end : found + 1
  }

  return {
    find(piece, from) {
      let at = from
      while (at < piece.length) {
        if (line === otherwise) {
          at = nextCandidate(piece, at)
          continue
        }
        const byte = piece[at++]
        const ended = byte === newline && line >= dotSeen
        line = byte === newline ? lineBegun : afterByte(line, byte)
        if (ended) return at
      }
      return -1
    },
  }
}

function afterByte(line: number, byte: number | undefined): number {
  if (line === lineBegun && byte === backslash) return backslashSeen
  if (line === backslashSeen && byte === dot) return dotSeen
  if (line === dotSeen && byte === carriageReturn) return returnSeen
  return otherwise
}
