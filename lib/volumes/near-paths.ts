import { nearestFirst } from '../nearest.ts'
import { type ByteString, shown } from './byte-string.ts'
import { parentOf } from './volume-path.ts'

/** Paths that are no more than this many are remembered. */
const mostPaths = 1000

/** Remembers, while a tar passes, what somebody may have meant who names paths that are not in it: names in the same folder, the same name elsewhere, names in the root. */
export function openNearPaths(wanted: readonly ByteString[]) {
  const folders = new Set<ByteString | undefined>([undefined, ...wanted.map(parentOf)])
  const names = new Set(wanted.map(nameOf))
  const near: ByteString[] = []
  return {
    see(path: ByteString): void {
      if (path === '' || near.length === mostPaths) return
      if (folders.has(parentOf(path)) || names.has(nameOf(path))) near.push(path)
    },
    /** The nearest ones, for people. */
    to: (path: ByteString): string[] =>
      nearestFirst(path, near)
        .slice(0, 3)
        .map(found => shown(found as ByteString)),
  }
}

const nameOf = (path: ByteString): string => path.slice(path.lastIndexOf('/') + 1)
