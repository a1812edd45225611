import type { Bytes } from '../bytes.ts'
import type { TarEntry } from './tar-entry.ts'
import { tarReader } from './tar-reader.ts'

/** The first entries of a tar, at most `count`. Reads no further than it has to; a tar with fewer has to be whole. */
export async function firstEntries(tar: Bytes, count: number): Promise<TarEntry[]> {
  const found: TarEntry[] = []
  const reader = tarReader({
    entry(entry) {
      if (found.length < count) found.push(entry)
    },
    body() {},
    closed() {},
    trailer() {},
  })
  for await (const piece of tar) {
    reader.write(piece)
    if (found.length === count) return found
  }
  reader.end()
  return found
}

/** True for the tar of a volume in which there is nothing but its root. */
export const isEmptyVolume = async (tar: Bytes): Promise<boolean> => (await firstEntries(tar, 2)).length < 2
