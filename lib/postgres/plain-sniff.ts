/** What a file is, by its first bytes. `custom` may still turn out to be the table of contents of another format, which its walk refuses. */
export type Sniffed = 'custom' | 'plain' | 'gzip' | 'zstd' | 'tar' | 'unknown' | 'empty'

const magics: readonly [Sniffed, Uint8Array][] = [
  ['custom', Buffer.from('PGDMP')],
  ['gzip', Buffer.of(0x1f, 0x8b)],
  ['zstd', Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
]
/** A tar header is one block and has this at 257; the rest of a longer head is its first file. */
const tarMagic = Buffer.from('ustar')
const tarMagicAt = 257

/** Needs 262 bytes to tell a tar, 5 for the rest; what is no text is unknown. Tells nothing of what comes after these bytes. */
export function sniff(head: Uint8Array): Sniffed {
  if (head.length === 0) return 'empty'
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  const found = magics.find(([, magic]) => startsWith(bytes, magic))
  if (found) return found[0]
  if (isSkippableFrame(bytes)) return 'zstd'
  if (bytes.subarray(tarMagicAt).indexOf(tarMagic) === 0) return 'tar'
  return isText(bytes) ? 'plain' : 'unknown'
}

function startsWith(bytes: Buffer, magic: Uint8Array): boolean {
  return bytes.length >= magic.length && bytes.subarray(0, magic.length).equals(magic)
}

/** zstd files may begin with frames that are no data (RFC 8878, 3.1.2). */
function isSkippableFrame(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32LE(0) >>> 4 === 0x184d2a5
}

/** No control characters but those that SQL may have, in any encoding that has ASCII in it; so not UTF-16. */
function isText(bytes: Buffer): boolean {
  return bytes.every(byte => byte >= 0x20 || (byte >= 0x08 && byte <= 0x0d) || byte === 0x1b)
}
