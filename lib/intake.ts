/**
 * Reads from bytes that lie together, and nothing past them. `at` is the position within the bytes, `offset` that of their first byte in
 * the stream.
 */
export interface Cursor {
  readonly bytes: Uint8Array
  readonly offset: number
  at: number
}

/** Thrown by a cursor that came to the end of what there is; `bytes` from the cursor's start would at least be needed to go on. */
export class Short {
  readonly bytes: number
  constructor(bytes: number) {
    this.bytes = bytes
  }
}

/** Pushes the need for bytes to whoever has more of them. */
export function need(cursor: Cursor, bytes: number): void {
  if (cursor.at + bytes > cursor.bytes.length) throw new Short(cursor.at + bytes)
}

/** Collects pieces until something can be decoded from them whole. Holds one undecoded thing and one piece, never more. */
export interface Intake {
  /** The piece may be used again by its owner once `take` said that more is needed. */
  add(piece: Uint8Array): void
  /** What `decode` reads next, or undefined when it needs more bytes; then it starts anew with them. */
  take<T extends object | number>(decode: (cursor: Cursor) => T): T | undefined
  /** What was added and not taken, and where it begins. */
  rest(): { bytes: Uint8Array; offset: number }
}

/** Begins empty; holds only what was not understood yet. */
export function openIntake(): Intake {
  let cursor: Cursor = { bytes: new Uint8Array(0), offset: 0, at: 0 }
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let needed = 0

  const leftBytes = () => cursor.bytes.length - cursor.at
  const known = () => leftBytes() + waitingBytes

  /**
   * Puts so many bytes together, which are there. No more: what a decoder began in one piece and ends in the next is copied, and the rest of a
   * large piece is not.
   */
  function join(bytes: number): void {
    const left = cursor.bytes.subarray(cursor.at)
    if (left.length > 0 && left.length >= bytes) return
    const parts = left.length > 0 ? [left] : []
    let total = left.length
    let taken = 0
    for (; taken < waiting.length && (total < bytes || total === 0); taken++) {
      parts.push(waiting[taken]!)
      total += waiting[taken]!.length
    }
    const rest = parts.length > 1 ? total - bytes : 0
    waitingBytes -= total - left.length - rest
    const last = waiting[taken - 1]
    waiting = [...(rest > 0 ? [last!.subarray(last!.length - rest)] : []), ...waiting.slice(taken)]
    const joined = parts.length === 1 ? parts[0]! : Buffer.concat(parts, total - rest)
    cursor = { bytes: joined, offset: cursor.offset + cursor.at, at: 0 }
  }

  function keepOwnCopies(): void {
    const bytes = Buffer.concat([cursor.bytes.subarray(cursor.at), ...waiting])
    cursor = { bytes, offset: cursor.offset + cursor.at, at: 0 }
    waiting = []
    waitingBytes = 0
  }

  return {
    add(piece) {
      waiting.push(known() + piece.length < needed ? Uint8Array.from(piece) : piece)
      waitingBytes += piece.length
    },
    take(decode) {
      while (known() >= needed) {
        join(needed)
        const from = cursor.at
        try {
          const value = decode(cursor)
          needed = 0
          return value
        } catch (error) {
          if (!(error instanceof Short)) throw error
          needed = error.bytes - from
          cursor.at = from
        }
        if (known() < needed) keepOwnCopies()
      }
      return undefined
    },
    rest() {
      keepOwnCopies()
      return { bytes: cursor.bytes, offset: cursor.offset }
    },
  }
}
