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

  /** Bytes are put together only once enough of them are there, so that a text of many pieces is copied once. */
  function join(): void {
    if (waitingBytes === 0) return
    const left = cursor.bytes.subarray(cursor.at)
    const bytes = left.length === 0 && waiting.length === 1 ? waiting[0]! : Buffer.concat([left, ...waiting])
    cursor = { bytes, offset: cursor.offset + cursor.at, at: 0 }
    waiting = []
    waitingBytes = 0
  }

  function keepOwnCopies(): void {
    cursor = {
      bytes: Uint8Array.from(cursor.bytes.subarray(cursor.at)),
      offset: cursor.offset + cursor.at,
      at: 0,
    }
  }

  return {
    add(piece) {
      waiting.push(
        cursor.bytes.length - cursor.at + waitingBytes + piece.length < needed
          ? Uint8Array.from(piece)
          : piece,
      )
      waitingBytes += piece.length
    },
    take(decode) {
      if (cursor.bytes.length - cursor.at + waitingBytes < needed) return undefined
      join()
      const from = cursor.at
      try {
        const value = decode(cursor)
        needed = 0
        return value
      } catch (error) {
        if (!(error instanceof Short)) throw error
        needed = error.bytes - from
        cursor.at = from
        keepOwnCopies()
        return undefined
      }
    },
    rest() {
      join()
      return { bytes: cursor.bytes.subarray(cursor.at), offset: cursor.offset + cursor.at }
    },
  }
}
