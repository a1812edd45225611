import { hash } from 'node:crypto'

/** Bytes of a short hash: enough that no two paths of a volume have the same. */
export const hashBytes = 16

/** The beginning of a SHA-256. By way of a string, as a Buffer made by native code costs more than the hash. */
export const shortHash = (content: string | Uint8Array): Buffer =>
  Buffer.from(hash('sha256', content, 'binary').slice(0, hashBytes), 'latin1')
