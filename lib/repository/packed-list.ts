/** Items in order, to be walked through or asked for by number. An array is one. */
export interface List<Item> extends Iterable<Item> {
  readonly length: number
  /** Undefined from `length` on. */
  at(number: number): Item | undefined
}

/** Items of a few numbers each in one typed array: they are objects only while they are looked at, so that a million take no more than their numbers. */
export function packedList<Item>(
  words: Uint32Array,
  wordsOfEach: number,
  item: (words: Uint32Array, at: number) => Item,
): List<Item> {
  const length = words.length / wordsOfEach
  return {
    length,
    at: number => (number < length ? item(words, number * wordsOfEach) : undefined),
    *[Symbol.iterator]() {
      for (let at = 0; at < words.length; at += wordsOfEach) yield item(words, at)
    },
  }
}
