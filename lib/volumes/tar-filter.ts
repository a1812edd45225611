import type { Bytes } from '../bytes.ts'
import type { TarEntry } from './tar-entry.ts'
import { tarReader } from './tar-reader.ts'

/** What stands in front of an entry's content instead of `head`, which is often `head` itself; undefined leaves the entry out. */
export type NewHead = (entry: TarEntry, head: Uint8Array) => Uint8Array | undefined

/**
 * A tar of which entries are left out or have other heads. All other blocks, and its end, are passed as they came. Throws in place of a
 * clean end when the tar is damaged or not whole.
 */
export async function* filteredTar(bytes: Bytes, newHead: NewHead): AsyncGenerator<Uint8Array, void, void> {
  let parts: Uint8Array[] = []
  let passing = false
  const reader = tarReader({
    entry(entry, head) {
      const passed = newHead(entry, head)
      passing = passed !== undefined
      if (passed) parts.push(passed)
    },
    body(part) {
      if (passing) parts.push(part)
    },
    closed() {},
    trailer: part => void parts.push(part),
  })
  for await (const piece of bytes) {
    parts = []
    reader.write(piece)
    // Never two parts of one piece, as whoever takes the first may give the memory of both back.
    if (parts.length > 0) yield parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }
  reader.end()
}
