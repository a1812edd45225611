import { corrupt, unsignedAt } from './archive-cursor.ts'
import { countNewlines } from './archive-newlines.ts'

/** What a block of data held. */
export interface BlockContent {
  /** Of the data, without the lengths between them. */
  bytes: number
  newlines: number
  /** Whether it ends as COPY's text does in a dump: `\.` and two empty lines. */
  trailer: boolean
  largeObjects: number
}

/** Who knows which blocks are expected. */
export interface BlockListener {
  /** May throw. Says whether newlines are wanted. */
  opened(kind: 'data' | 'large-objects', dumpId: number, offset: number): boolean
  closed(content: BlockContent): void
}

/** Who wants the data itself, as it passes. */
export interface DataTap {
  /** A block begins, of the entry with that id. */
  opened(dumpId: number): void
  /** The next large object of the block begins. */
  largeObject(oid: number): void
  /** A part of the block's data, cut anywhere; nothing of it may be kept. */
  data(bytes: Uint8Array, from: number, to: number): void
  closed(): void
}

/** Follows the data blocks behind the table of contents. */
export interface BlockWalker {
  write(piece: Uint8Array): void
  /** True between two blocks, which is the only place where an archive may end. */
  atRest(): boolean
  /** Of the archive, so far. */
  offset(): number
}

/** What comes next: a block's type and id, a piece's length, a piece, the oid of a large object. */
const atBlock = 0
const atLength = 1
const inPiece = 2
const atOid = 3

const dataBlock = 1
const largeObjectsBlock = 3
/** PostgreSQL's limit for a row of COPY; a longer piece is a length that was damaged. */
const longestPiece = 0x3fffffff
const newline = 0x0a
/** What ends the COPY text of a table in a dump. */
const trailer = Uint8Array.of(0x5c, 0x2e, newline, newline, newline)

/**
 * Walks the blocks behind a table of contents, as `_skipData` and `_skipLOs` of PostgreSQL's pg_backup_custom.c do. pg_dump up to 15
 * writes a piece for every row, so this is the hot path: lengths are read in place, and newlines are counted over whole stretches with
 * the lengths between the pieces, whose own newlines are taken off again.
 */
export function blockWalker(start: number, listener: BlockListener, tap?: DataTap): BlockWalker {
  /** Of the current piece's first byte, in the archive. */
  let position = start
  let state = atBlock
  let largeObjects = false
  let counting = false
  /** In the current piece: where the stretch begins whose newlines are not counted yet, and where the number read last ends. */
  let countedTo = 0
  let here = 0
  let left = 0
  let matched = 0
  let content = emptyContent()
  const part = new Uint8Array(6)
  let partBytes = 0

  function openBlock(bytes: Uint8Array, at: number, offset: number): void {
    const type = bytes[at]
    if (type !== dataBlock && type !== largeObjectsBlock)
      throw corrupt(offset, `a block of unknown type ${type}`)
    if (bytes[at + 1] !== 0) throw corrupt(offset + 1, 'a block without a valid id')
    content = emptyContent()
    matched = 0
    largeObjects = type === largeObjectsBlock
    const dumpId = unsignedAt(bytes, at + 2)
    counting = listener.opened(largeObjects ? 'large-objects' : 'data', dumpId, offset)
    tap?.opened(dumpId)
    countedTo = here
    state = largeObjects ? atOid : atLength
  }

  function closeBlock(piece: Uint8Array): void {
    if (counting) content.newlines += countNewlines(piece, countedTo, here)
    counting = false
    state = atBlock
    content.trailer = matched === trailer.length
    listener.closed(content)
    tap?.closed()
  }

  function openLargeObject(piece: Uint8Array, bytes: Uint8Array, at: number, offset: number): void {
    if (bytes[at]! > 1) throw corrupt(offset, 'a large object without a valid oid')
    const oid = unsignedAt(bytes, at + 1)
    if (oid === 0) {
      closeBlock(piece)
    } else {
      content.largeObjects += 1
      tap?.largeObject(oid)
      state = atLength
    }
  }

  function openPiece(piece: Uint8Array, bytes: Uint8Array, at: number, offset: number): void {
    const length = unsignedAt(bytes, at + 1)
    if (bytes[at] !== 0 || length > longestPiece)
      throw corrupt(offset, 'a piece of data without a valid length')
    if (length === 0 && !largeObjects) {
      closeBlock(piece)
    } else {
      left = length
      content.bytes += length
      content.newlines -= newlinesInLength(length)
      state = length === 0 ? atOid : inPiece
    }
  }

  /** Reads a number at `at` of the piece, or its rest when it began in an earlier piece. Returns where it ends. */
  function readNumber(piece: Uint8Array, at: number): number {
    const size = state === atBlock ? 6 : 5
    const whole = partBytes === 0 && at + size <= piece.length
    here = whole ? at + size : fillPart(piece, at, size)
    if (!whole && partBytes < size) return here
    const bytes = whole ? piece : part
    const from = whole ? at : 0
    partBytes = 0
    const offset = position + here - size
    if (state === atLength) openPiece(piece, bytes, from, offset)
    else if (state === atBlock) openBlock(bytes, from, offset)
    else openLargeObject(piece, bytes, from, offset)
    return here
  }

  function fillPart(piece: Uint8Array, at: number, size: number): number {
    const to = Math.min(piece.length, at + size - partBytes)
    part.set(piece.subarray(at, to), partBytes)
    partBytes += to - at
    return to
  }

  /** Passes as many pieces of data as lie whole within this one, and the beginning of the next. Returns where it stopped. */
  function passData(piece: Uint8Array, from: number): number {
    const safe = piece.length - 5
    let at = from
    let rest = left
    let bytes = 0
    let inLengths = 0
    while (at + rest <= safe) {
      matched = matchTrailer(matched, piece, at, at + rest)
      if (tap) tap.data(piece, at, at + rest)
      at += rest
      const length = unsignedAt(piece, at + 1)
      // Ends and errors are for `openPiece`; `rest` 0 says that a length comes next.
      rest = piece[at] === 0 && length <= longestPiece ? length : 0
      if (rest === 0) break
      at += 5
      bytes += rest
      inLengths += newlinesInLength(rest)
    }
    content.bytes += bytes
    content.newlines -= inLengths
    return passPart(piece, at, rest)
  }

  /** Passes what there is of a piece of data. */
  function passPart(piece: Uint8Array, from: number, rest: number): number {
    const to = Math.min(piece.length, from + rest)
    matched = matchTrailer(matched, piece, from, to)
    tap?.data(piece, from, to)
    left = from + rest - to
    if (left === 0) state = atLength
    return to
  }

  return {
    write(piece) {
      countedTo = 0
      let at = 0
      while (at < piece.length) at = state === inPiece ? passData(piece, at) : readNumber(piece, at)
      if (counting) content.newlines += countNewlines(piece, countedTo, at)
      position += at
    },
    atRest: () => state === atBlock && partBytes === 0,
    offset: () => position,
  }
}

function emptyContent(): BlockContent {
  return { bytes: 0, newlines: 0, trailer: false, largeObjects: 0 }
}

/** How many bytes of a length, as it is written, look like newlines. */
function newlinesInLength(length: number): number {
  let count = (length & 0xff) === newline ? 1 : 0
  if (((length >>> 8) & 0xff) === newline) count += 1
  if (length <= 0xffff) return count
  if (((length >>> 16) & 0xff) === newline) count += 1
  return length >>> 24 === newline ? count + 1 : count
}

/** How much of the trailer the data ends with, when it ended with `matched` of it before these bytes. */
function matchTrailer(matched: number, bytes: Uint8Array, from: number, to: number): number {
  let length = to - from < trailer.length ? matched : 0
  if (length === 0 && to - from >= 2 && bytes[to - 1] === newline) {
    const before = bytes[to - 2]
    if (before !== newline && before !== trailer[1]) return 0 // nearly every row
  }
  for (let at = Math.max(from, to - trailer.length); at < to; at++) {
    const byte = bytes[at]
    length = length < trailer.length && byte === trailer[length] ? length + 1 : byte === trailer[0] ? 1 : 0
  }
  return length
}
