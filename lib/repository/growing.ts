/** Numbers below 2^32 in one typed array that doubles as it grows: four bytes a number, no object a number. */
export function growingWords() {
  let words = new Uint32Array(1024)
  let used = 0
  return {
    push(word: number) {
      if (used === words.length) {
        const larger = new Uint32Array(words.length * 2)
        larger.set(words)
        words = larger
      }
      words[used++] = word
    },
    length: () => used,
    last: (): number | undefined => (used > 0 ? words[used - 1] : undefined),
    values: (): Uint32Array => words.subarray(0, used),
  }
}

/** Bytes appended one after the other into one array that doubles as it grows. */
export function growingBytes() {
  let bytes = new Uint8Array(32 * 1024)
  let used = 0
  return {
    push(more: Uint8Array) {
      while (used + more.length > bytes.length) {
        const larger = new Uint8Array(bytes.length * 2)
        larger.set(bytes)
        bytes = larger
      }
      bytes.set(more, used)
      used += more.length
    },
    values: (): Uint8Array => bytes.subarray(0, used),
  }
}
