/** Takes lines of COPY text and holds nothing of them. */
export interface Rows {
  /** A part of the text, cut anywhere. */
  add(bytes: Uint8Array, from: number, to: number): void
}

/** A sum over lines that no order of them changes. */
export interface RowSum extends Rows {
  /** Lines that ended so far. */
  lines(): number
  /** 64 bits in hexadecimal. */
  value(): string
}

const newline = 0x0a

/**
 * Adds up 64-bit hashes of lines. Each hash is mixed to its end before it is added, so that also values which changed places between two
 * rows change the sum. Against accidents, not against forgers. One pass over the bytes in plain JavaScript: a call into native code for
 * every row would cost more than the row. `end` is the byte that ends a line.
 */
export function rowSum(end = newline): RowSum {
  let lines = 0
  let sum = 0
  let otherSum = 0
  /** Of the line that has begun. */
  let hash = firstSeed
  let otherHash = secondSeed
  return {
    add(bytes, from, to) {
      let one = hash
      let other = otherHash
      for (let at = from; at < to; at++) {
        const byte = bytes[at]!
        if (byte !== end) {
          one = Math.imul(one ^ byte, 0x01000193)
          other = Math.imul(((other << 5) | (other >>> 27)) ^ byte, 0x9e3779b1)
          continue
        }
        sum = (sum + mixed(one ^ (other >>> 15))) | 0
        otherSum = (otherSum + mixed(other ^ (one << 7))) | 0
        lines += 1
        one = firstSeed
        other = secondSeed
      }
      hash = one
      otherHash = other
    },
    lines: () => lines,
    value: () => [sum, otherSum].map(half => (half >>> 0).toString(16).padStart(8, '0')).join(''),
  }
}

/** FNV-1a's offset, and any other odd number. */
const firstSeed = 0x811c9dc5 | 0
const secondSeed = 0x2545f491

/** The finalizer of MurmurHash3: every bit of the input changes every bit of the result. */
function mixed(hash: number): number {
  let value = hash
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}
