import { abortable } from '../bytes.ts'
import { throwIfAborted } from '../errors.ts'
import { assertFolder, assertKey, assertPrefix, sortByBytes } from './key.ts'
import { bounds } from './range.ts'
import { MissingObject, type Store, StoreConflict } from './store.ts'

const pieceBytes = 256 * 1024

/** A store that lives as long as its process: for tests and trials. */
export function memoryStore(): Store {
  const objects = new Map<string, Buffer>()
  const name = 'memory'
  return {
    name,

    async put(key, content, { overwrite = true, signal } = {}) {
      assertKey(key)
      const pieces: Uint8Array[] = []
      // Copied, because a producer may use its buffer again.
      for await (const piece of abortable(content, signal)) pieces.push(Buffer.from(piece))
      throwIfAborted(signal)
      if (!overwrite && objects.has(key)) throw new StoreConflict(key)
      const whole = Buffer.concat(pieces)
      objects.set(key, whole)
      return { key, size: whole.length }
    },

    async *get(key, { range, signal } = {}) {
      assertKey(key)
      const whole = objects.get(key)
      if (!whole) throw new MissingObject(key)
      const { start, end } = bounds(range, whole.length, { key, store: name })
      for (let at = start; at < end; at += pieceBytes) {
        throwIfAborted(signal)
        yield Buffer.from(whole.subarray(at, Math.min(at + pieceBytes, end)))
      }
    },

    async stat(key) {
      assertKey(key)
      const size = objects.get(key)?.length
      return size === undefined ? undefined : { key, size }
    },

    async *list(prefix, { shallow = false } = {}) {
      assertPrefix(prefix)
      const keys = [...objects.keys()].filter(key => key.startsWith(prefix))
      yield* sortByBytes(shallow ? [...new Set(keys.map(key => nextLevel(key, prefix)))] : keys)
    },

    async delete(keys) {
      keys.forEach(assertKey)
      for (const key of keys) objects.delete(key)
    },

    async sweep(folder) {
      assertFolder(folder)
      return 0
    },

    freeBytes: async () => undefined,
  }
}

/** The key itself, or its beginning up to the first `/` after the prefix. */
function nextLevel(key: string, prefix: string): string {
  const slash = key.indexOf('/', prefix.length)
  return slash < 0 ? key : key.slice(0, slash + 1)
}
