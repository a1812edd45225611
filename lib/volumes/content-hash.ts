import { createHash, type Hash, hash as hashOf } from 'node:crypto'
import type { TarEntry } from './tar-entry.ts'
import type { TarListener } from './tar-reader.ts'

/** Is given an entry when its content has passed, and the content's SHA-256 in hexadecimal, which is empty for all but files. */
export type Visit = (entry: TarEntry, sha256: string) => void

const ofNothing = hashOf('sha256', '')

/** Hashes the content of files while it passes. */
export function hashing(visit: Visit): TarListener {
  let entry: TarEntry
  let hash: Hash | undefined
  let sha256 = ''
  return {
    entry(begun) {
      entry = begun
      hash = undefined
      sha256 = begun.kind === 'file' && begun.size === 0 ? ofNothing : ''
    },
    body(bytes, contentBytes) {
      const content = bytes.subarray(0, contentBytes)
      // Most files lie within one piece: their hash is had in one call, without an object.
      if (contentBytes === entry.size) sha256 = hashOf('sha256', content)
      else if (contentBytes > 0) hash = (hash ?? createHash('sha256')).update(content)
    },
    closed: () => visit(entry, hash?.digest('hex') ?? sha256),
    trailer() {},
  }
}
