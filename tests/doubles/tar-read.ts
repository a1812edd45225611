import { readFileSync } from 'node:fs'
import { RespaldoError } from '#lib/errors'
import { hashing } from '#lib/volumes/content-hash'
import type { TarEntry } from '#lib/volumes/tar-entry'
import { tarReader } from '#lib/volumes/tar-reader'
import { cutAt } from './archive-walk.ts'

/** An entry and its content's hash. */
export interface ReadEntry extends TarEntry {
  sha256: string
}

/** A frozen tar. */
export const goldenTar = (name: string): Buffer =>
  readFileSync(new URL(`../vectors/tars/${name}`, import.meta.url))

/** Everything in a tar that comes in pieces cut at these places, whose memory is used for something else afterwards. */
export function readTar(tar: Buffer, places: readonly number[] = []): ReadEntry[] {
  const entries: ReadEntry[] = []
  const reader = tarReader(hashing((entry, sha256) => entries.push({ ...entry, sha256 })))
  for (const part of cutAt(tar, places)) {
    const piece = Uint8Array.from(part)
    reader.write(piece)
    piece.fill(0xff)
  }
  reader.end()
  return entries
}

/** What a tar is refused with. */
export function tarRefusal(tar: Buffer, read: (tar: Buffer) => unknown = readTar): RespaldoError {
  try {
    read(tar)
  } catch (error) {
    if (error instanceof RespaldoError) return error
    throw error
  }
  throw new Error('the tar was not refused')
}
