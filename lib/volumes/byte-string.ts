/** Bytes as a string of one character (U+0000 to U+00FF) each, so that names which are no UTF-8 are compared, kept and looked up exactly. */
export type ByteString = string & { readonly encoding: 'bytes' }

/** What a person typed, as it stands in a tar. */
export const bytesOfText = (text: string): ByteString => Buffer.from(text).toString('latin1') as ByteString

/** A copy of the bytes from `from` up to `to`. */
export function bytesAt(bytes: Uint8Array, from: number, to: number): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1') as ByteString
}

/** A copy of the bytes from `from` up to the first NUL, or up to `to`. */
export function textAt(bytes: Uint8Array, from: number, to: number): ByteString {
  let end = from
  while (end < to && bytes[end] !== 0) end += 1
  return bytesAt(bytes, from, end)
}

/**
 * What a terminal must not be given: control characters, what cannot be seen or turns the direction, and the backslash that marks an escape.
 * Listed, as the groups of a backup are known by their shown names, and classes such as "not assigned" change with Unicode.
 */
const unfit = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\]/gu

/** For people: UTF-8 where it is that, with escapes such as `\xe9` and `\u{202e}` for what cannot be shown. Different bytes never look the same. */
export function shown(bytes: ByteString): string {
  const raw = Buffer.from(bytes, 'latin1')
  const text = raw.toString('utf8')
  if (!Buffer.from(text).equals(raw)) return bytes.replace(/[^\x20-\x5b\x5d-\x7e]/g, escapeByte)
  return text.replace(unfit, letter => {
    const code = letter.codePointAt(0)!
    return code < 0x80 ? escapeByte(letter) : `\\u{${code.toString(16)}}`
  })
}

function escapeByte(letter: string): string {
  return letter === '\\' ? '\\\\' : `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
}
