import { stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { throwIfAborted } from '../errors.ts'
import { attempt, codeOf, failure } from './filesystem/failure.ts'
import { removeEmpty, sweepFolder, syncFolders } from './filesystem/folders.ts'
import { quickWork } from './filesystem/quick.ts'
import { readObject } from './filesystem/read.ts'
import { smallReads } from './filesystem/read-small.ts'
import { walk } from './filesystem/walk.ts'
import { writeObject } from './filesystem/write.ts'
import { assertFolder, assertKey, assertPrefix } from './key.ts'
import type { Store } from './store.ts'

/**
 * Objects as files below one folder, which the first `put` makes (0700; files are 0600). `root` may be a symbolic link.
 * Two exceptions to the contract: a key cannot lie below another key, and a shallow `list` may yield a folder in which there is nothing.
 */
export function filesystemStore(options: { root: string; clock?: Clock }): Store {
  const root = resolve(options.root)
  const name = `filesystem ${root}`
  const quick = quickWork(options.clock ?? systemClock)
  const readSmall = smallReads(quick)
  return {
    name,

    async put(key, content, put = {}) {
      assertKey(key)
      return writeObject(root, key, content, put)
    },

    async *get(key, { range, signal } = {}) {
      assertKey(key)
      throwIfAborted(signal)
      const place = { path: join(root, key), key, store: name }
      const small = readSmall(place, range)
      if (!small) yield* readObject(place, range, signal)
      else if (small.length > 0) yield small
    },

    async stat(key) {
      assertKey(key)
      const found = await attempt(`look at ${join(root, key)}`, stat(join(root, key)).catch(unlessMissing))
      return found?.isFile() ? { key, size: found.size } : undefined
    },

    async *list(prefix, { shallow = false } = {}) {
      assertPrefix(prefix)
      yield* walk(root, prefix, { shallow, quick })
    },

    async delete(keys) {
      keys.forEach(assertKey)
      for (const key of keys)
        await attempt(`delete ${join(root, key)}`, unlink(join(root, key)).catch(unlessMissing))
      const changed = new Set<string>()
      for (const folder of new Set(keys.map(key => dirname(join(root, key)))))
        changed.add(await removeEmpty(folder, root))
      // So that a power failure cannot bring back what was deleted before something else was: a manifest without its data.
      for (const folder of changed) await syncFolders(folder, folder)
    },

    async sweep(folder) {
      assertFolder(folder)
      return sweepFolder(join(root, folder), root)
    },

    freeBytes: () => freeBytes(root),
  }
}

/** What ordinary users may still write; for a folder that is not there yet, where it would be made. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder)
    return blocks > 0 ? bavail * bsize : undefined // some network filesystems do not tell
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && folder !== dirname(folder)) return freeBytes(dirname(folder))
    throw failure(`look at ${folder}`, error)
  }
}

/** A folder is no object either. */
function unlessMissing(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')) throw error
}
