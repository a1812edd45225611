import { decodeText } from './archive-cursor.ts'

const slots = 512
const longest = 64

/** Makes strings of a word's bytes; of words that come again and again, as in a million INSERTs, only once. */
export function wordReader(convert: (text: string) => string): (bytes: Uint8Array, length: number) => string {
  const known: ({ bytes: Uint8Array; text: string } | undefined)[] = Array.from(
    { length: slots },
    () => undefined,
  )
  return (bytes, length) => {
    if (length > longest) return convert(decodeText(bytes.subarray(0, length)))
    const slot = slotOf(bytes, length)
    const found = known[slot]
    if (found && isSame(found.bytes, bytes, length)) return found.text
    const own = Uint8Array.from(bytes.subarray(0, length)) // slice of a Buffer would be no copy
    const text = convert(decodeText(own))
    known[slot] = { bytes: own, text }
    return text
  }
}

function slotOf(bytes: Uint8Array, length: number): number {
  let mixed = length
  for (let at = 0; at < length; at++) mixed = (Math.imul(mixed, 31) + bytes[at]!) | 0
  return (mixed ^ (mixed >>> 9)) & (slots - 1)
}

function isSame(one: Uint8Array, other: Uint8Array, length: number): boolean {
  if (one.length !== length) return false
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return false
  return true
}
