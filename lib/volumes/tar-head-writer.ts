import type { ByteString } from './byte-string.ts'
import { paddedBytes } from './tar-entry.ts'
import { blockBytes, checksumField, checksumOf, isPosix } from './tar-header.ts'

const nameBytes = 100

/** Whether a header has room for a name or a link; longer ones need an extended header, which counts. */
export const fitsHeader = (text: ByteString): boolean => text.length <= nameBytes

/** An extended header of that type: its own header, and its text in whole blocks. */
export function extension(type: 'x' | 'L' | 'K', text: ByteString): Buffer[] {
  const header = Buffer.alloc(blockBytes)
  const fields = { 0: '././@LongLink', 100: '0000644', 108: '0000000', 116: '0000000', 136: '00000000000' }
  for (const [at, value] of Object.entries(fields)) header.write(value, Number(at), 'latin1')
  header.write(text.length.toString(8).padStart(11, '0'), 124, 'latin1')
  header.write(type, 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const content = Buffer.alloc(paddedBytes(text.length))
  content.write(text, 'latin1')
  return [sealed(header), content]
}

/** A header under another name and link, as far as they have room; without what stood in front of the name. */
export function named(header: Uint8Array, name: ByteString, link: ByteString): Buffer {
  const copy = Buffer.from(header)
  put(copy, 0, name)
  put(copy, 157, link)
  if (isPosix(copy)) copy.fill(0, 345, 500)
  return sealed(copy)
}

function put(header: Buffer, at: number, text: ByteString): void {
  header.fill(0, at, at + nameBytes)
  header.write(text.slice(0, nameBytes), at, 'latin1')
}

function sealed(header: Buffer): Buffer {
  const [from] = checksumField
  header.write(`${checksumOf(header, 0).toString(8).padStart(6, '0')}\0 `, from, 'latin1')
  return header
}
