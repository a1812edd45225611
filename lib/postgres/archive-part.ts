import type { Bytes } from '../bytes.ts'
import { type Cursor, openIntake } from '../intake.ts'
import { blockWalker } from './archive-blocks.ts'
import { corrupt } from './archive-cursor.ts'
import { readHead, readVersion } from './archive-head.ts'
import { readTocCount, readTocEntry } from './archive-toc.ts'

/**
 * An archive that has only some entries of another one, by their ids, and their data: everything in it stands as it stood there. So
 * pg_restore needs no list beside it, and data that is not wanted does not travel. `kept` names ids that the archive has.
 */
export async function* archivePart(
  bytes: Bytes,
  kept: ReadonlySet<number>,
): AsyncGenerator<Uint8Array, void, void> {
  const source = bytes[Symbol.asyncIterator]()
  try {
    const beginning = openBeginning(source)
    const version = yield* passed(beginning.next(readVersion))
    const head = yield* passed(beginning.next(cursor => readHead(cursor, version)))
    const { value: count } = await beginning.next(readTocCount)
    yield integer(kept.size)
    for (let seen = 0; seen < count; seen++) {
      const { value, raw } = await beginning.next(cursor => readTocEntry(cursor, head, false))
      if (kept.has(value.dumpId)) yield withoutOffset(raw, head.offsetBytes)
    }
    const { bytes: first, offset } = beginning.rest()
    const blocks = blockFilter(offset, kept)
    yield* blocks.write(first)
    for (let next = await source.next(); !next.done; next = await source.next())
      yield* blocks.write(next.value)
    yield* blocks.end()
  } finally {
    await source.return?.()
  }
}

interface Read<T> {
  value: T
  /** Its own bytes. */
  raw: Uint8Array
}

/** What stands before the data, one thing after the other. */
function openBeginning(source: AsyncIterator<Uint8Array>) {
  const intake = openIntake()
  return {
    async next<T>(decode: (cursor: Cursor) => T): Promise<Read<T>> {
      for (;;) {
        const read = intake.take(cursor => {
          const from = cursor.at
          const value = decode(cursor)
          return { value, raw: Uint8Array.from(cursor.bytes.subarray(from, cursor.at)) }
        })
        if (read) return read
        const piece = await source.next()
        if (piece.done) throw corrupt(intake.rest().offset, 'it ends within its table of contents')
        intake.add(piece.value)
      }
    },
    rest: intake.rest,
  }
}

async function* passed<T>(reading: Promise<Read<T>>): AsyncGenerator<Uint8Array, T, void> {
  const { value, raw } = await reading
  yield raw
  return value
}

/** Data lies elsewhere than before: 1 instead of 2 says that it is somewhere behind. */
function withoutOffset(raw: Uint8Array, offsetBytes: number): Uint8Array {
  const state = raw.length - offsetBytes - 1
  if (raw[state] === 2) raw[state] = 1
  return raw
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeUInt32LE(value, 1)
  return bytes
}

/** A block is known once its head was read, so as many bytes are held back. */
const headBytes = 6

/** Passes the data of these entries; it is contiguous, so that a block ends where the next begins. */
function blockFilter(start: number, kept: ReadonlySet<number>) {
  const begins: { offset: number; keep: boolean }[] = []
  let keep = false
  let from = start
  let held: Uint8Array = new Uint8Array()
  const walker = blockWalker(start, {
    opened(_, dumpId, offset) {
      begins.push({ offset, keep: kept.has(dumpId) })
      return false
    },
    closed() {},
  })

  /** What is wanted from `from` up to an offset, out of the bytes held and the piece that follows them; the rest is held. */
  function* upTo(piece: Uint8Array, end: number): Generator<Uint8Array, void, void> {
    const parts = [
      { first: from, bytes: held },
      { first: from + held.length, bytes: piece },
    ]
    const between = (start: number, stop: number) =>
      parts
        .map(({ first, bytes }) => bytes.subarray(Math.max(0, start - first), Math.max(0, stop - first)))
        .filter(({ length }) => length > 0)
    for (const begin of begins.splice(0)) {
      if (keep) yield* between(from, begin.offset)
      from = begin.offset
      keep = begin.keep
    }
    if (keep) yield* between(from, end)
    from = end
    held = Buffer.concat(between(end, Number.POSITIVE_INFINITY))
  }

  return {
    *write(piece: Uint8Array): Generator<Uint8Array, void, void> {
      walker.write(piece)
      yield* upTo(piece, Math.max(from, walker.offset() - headBytes))
    },
    *end(): Generator<Uint8Array, void, void> {
      if (!walker.atRest()) throw corrupt(walker.offset(), 'it ends within its data')
      yield* upTo(new Uint8Array(), walker.offset())
    },
  }
}
