const backslash = 0x5c
const newline = 0x0a
const carriageReturn = 0x0d
const word = /^(?:un)?restrict/i

/** Stands for the backslash on the way; a control character that pg_dump itself never writes. */
export const standIn = 0x1a

/**
 * pglite-tools deletes every line of a dump that begins with `\restrict` or `\unrestrict`, also where it is a line of somebody's text.
 * So such a line's backslash is replaced before pg_dump sees it. Changes the bytes and says whether there was one.
 */
export const disarm = (bytes: Uint8Array): boolean => replace(bytes, backslash, standIn)

/** Gives the dump its backslashes back. Only for a dump that was disarmed. */
export const rearm = (bytes: Uint8Array): boolean => replace(bytes, standIn, backslash)

function replace(bytes: Uint8Array, from: number, to: number): boolean {
  let found = false
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) {
    if (!beginsLine(bytes, at) || !word.test(Buffer.from(bytes.subarray(at + 1, at + 11)).toString('latin1')))
      continue
    bytes[at] = to
    found = true
  }
  return found
}

/** What a line's beginning is to a JavaScript pattern: also after U+2028 and U+2029 (E2 80 A8 and E2 80 A9). */
function beginsLine(bytes: Uint8Array, at: number): boolean {
  const before = bytes[at - 1]
  if (before === newline || before === carriageReturn) return true
  return (before === 0xa8 || before === 0xa9) && bytes[at - 2] === 0x80 && bytes[at - 3] === 0xe2
}
