import type { Bytes } from '../bytes.ts'
import { type Cursor, need, openIntake } from '../intake.ts'
import type { Walker } from '../walker.ts'
import { type ByteString, shown } from './byte-string.ts'
import { paddedBytes, readHead, type TarEntry } from './tar-entry.ts'
import { cutTar, damagedTar } from './tar-errors.ts'
import { isZero } from './tar-header.ts'

/** Is told what a tar holds, in its order; together the bytes are all of the tar, and none of them may be kept. What it throws ends the reading. */
export interface TarListener {
  /** An entry begins; `head` is everything in front of its content, extended headers too. */
  entry(entry: TarEntry, head: Uint8Array): void
  /** A part of what follows its head: content first, of which there is so much here, then what fills its last block. */
  body(bytes: Uint8Array, contentBytes: number): void
  /** The entry is over. */
  closed(): void
  /** Part of the tar's end: zeros. */
  trailer(bytes: Uint8Array): void
}

/**
 * Reads a tar in any pieces. Whole means: it ends with two blocks of zeros, behind which there are at most more zeros. Holds what stands in
 * front of one entry, at most 1 MiB, and no content.
 */
export function tarReader(listener: TarListener): Walker<void> {
  const intake = openIntake()
  let path: ByteString | undefined
  let contentLeft = 0
  let bodyLeft = 0
  let zeroBlocks = 0

  const readBody = (cursor: Cursor) => upTo(cursor, bodyLeft)
  const readTrailer = (cursor: Cursor) => upTo(cursor, Infinity)

  /** It and all that it calls say whether they got on; if not, more bytes are needed. */
  function advance(): boolean {
    if (bodyLeft > 0) return body()
    return zeroBlocks === 2 ? trailer() : head()
  }

  function head(): boolean {
    const found = intake.take(readHead)
    if (!found) return false
    const { entry, bytes, offset } = found
    if (entry) {
      if (zeroBlocks > 0) throw damagedTar(offset, 'an entry behind a block of zeros')
      begin(entry, bytes)
    } else {
      zeroBlocks += 1
      listener.trailer(bytes)
    }
    return true
  }

  function begin(entry: TarEntry, bytes: Uint8Array): void {
    path = entry.path
    contentLeft = entry.size
    bodyLeft = paddedBytes(entry.size)
    listener.entry(entry, bytes)
    if (bodyLeft === 0) listener.closed()
  }

  function body(): boolean {
    const bytes = intake.take(readBody)
    if (!bytes) return false
    const content = Math.min(contentLeft, bytes.length)
    contentLeft -= content
    bodyLeft -= bytes.length
    listener.body(bytes, content)
    if (bodyLeft === 0) listener.closed()
    return true
  }

  function trailer(): boolean {
    const bytes = intake.take(readTrailer)
    if (!bytes) return false
    if (!isZero(bytes, 0, bytes.length)) throw damagedTar(endOf(intake.rest()), 'something behind its end')
    listener.trailer(bytes)
    return true
  }

  return {
    write(piece) {
      intake.add(piece)
      while (advance());
    },
    end() {
      if (zeroBlocks === 2) return
      const where =
        path === undefined
          ? 'before its first entry'
          : `${bodyLeft > 0 ? 'within' : 'after'} "${shown(path)}"`
      throw cutTar(endOf(intake.rest()), where)
    },
  }
}

/** Reads a tar to its end, which has to be whole. */
export async function readTar(tar: Bytes, listener: TarListener): Promise<void> {
  const reader = tarReader(listener)
  for await (const piece of tar) reader.write(piece)
  reader.end()
}

/** One listener that tells all of these, in their order. */
export function severalListeners(listeners: readonly TarListener[]): TarListener {
  return {
    entry(entry, head) {
      for (const listener of listeners) listener.entry(entry, head)
    },
    body(bytes, contentBytes) {
      for (const listener of listeners) listener.body(bytes, contentBytes)
    },
    closed() {
      for (const listener of listeners) listener.closed()
    },
    trailer(bytes) {
      for (const listener of listeners) listener.trailer(bytes)
    },
  }
}

function upTo(cursor: Cursor, limit: number): Uint8Array {
  need(cursor, 1)
  const bytes = cursor.bytes.subarray(cursor.at, cursor.at + Math.min(limit, cursor.bytes.length - cursor.at))
  cursor.at += bytes.length
  return bytes
}

const endOf = ({ bytes, offset }: { bytes: Uint8Array; offset: number }): number => offset + bytes.length
