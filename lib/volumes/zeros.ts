import type { TarListener } from './tar-reader.ts'

/** Of file systems: a hole consists of such blocks. */
const blockBytes = 4096

const zeros = Buffer.alloc(blockBytes)

/** Counts the bytes of content that are in blocks of nothing but zeros, of which a file system could make holes. */
export function zeroCounter(): TarListener & { bytes(): number } {
  let total = 0
  /** Where in its file the next byte is. */
  let at = 0
  return {
    entry() {
      at = 0
    },
    body(bytes, contentBytes) {
      // A block that two pieces share is not looked at: this is an estimate.
      const skipped = (blockBytes - (at % blockBytes)) % blockBytes
      for (let from = skipped; from + blockBytes <= contentBytes; from += blockBytes)
        if (zeros.equals(bytes.subarray(from, from + blockBytes))) total += blockBytes
      at += contentBytes
    },
    closed() {},
    trailer() {},
    bytes: () => total,
  }
}
