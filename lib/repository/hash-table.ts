import { growingBytes } from './growing.ts'

/**
 * Finds things by hashes of equal length. They are numbered as they are added; of several with one hash the first is found. Besides the
 * hash it takes 8 to 16 bytes of each thing, whatever their number, and no object.
 */
export interface HashTable {
  readonly size: number
  /** The thing's number, or -1. */
  find(hash: Uint8Array): number
  /** True when the thing of that number has the hash. */
  isAt(number: number, hash: Uint8Array): boolean
  /** The hash of the thing of that number; not a copy. */
  hashOf(number: number): Uint8Array
  /** Gives it the next number. */
  add(hash: Uint8Array): void
  /** Numbers as many as there are hashes in the array. It is kept, not copied. */
  addAll(hashes: Uint8Array): void
}

/** Hashes that follow each other, and the number of the first. */
interface Block {
  first: number
  hashes: () => Uint8Array
}

/** Made to find `expected` things by hashes of `hashBytes`, which must be even from their first byte on; it grows when there are more. */
export function openHashTable(expected = 1024, hashBytes = 32): HashTable {
  const blocks: Block[] = []
  let growing: ReturnType<typeof growingBytes> | undefined
  let slots = new Uint32Array(slotsFor(expected))
  let size = 0

  /** Where the hash is, or where it would be. */
  function slotOf(hash: Uint8Array, at: number): number {
    const mask = slots.length - 1
    let slot = word(hash, at) & mask
    while (slots[slot] !== 0 && !isHash(slots[slot]! - 1, hash, at)) slot = (slot + 1) & mask
    return slot
  }

  function isHash(number: number, hash: Uint8Array, at: number): boolean {
    const block = blockOf(number)
    const hashes = block.hashes()
    const from = (number - block.first) * hashBytes
    for (let byte = 0; byte < hashBytes; byte++) if (hashes[from + byte] !== hash[at + byte]) return false
    return true
  }

  const blockOf = (number: number): Block => blocks.findLast(({ first }) => first <= number)!

  function grow(): void {
    slots = new Uint32Array(slots.length * 2)
    for (let number = 0; number < size; number++) enter(number)
  }

  function enter(number: number): void {
    const { first, hashes } = blockOf(number)
    const slot = slotOf(hashes(), (number - first) * hashBytes)
    if (slots[slot] === 0) slots[slot] = number + 1
  }

  function count(): void {
    size += 1
    if (size * 2 > slots.length) grow()
    else enter(size - 1)
  }

  return {
    get size() {
      return size
    },
    find: hash => slots[slotOf(hash, 0)]! - 1,
    isAt: (number, hash) => isHash(number, hash, 0),
    hashOf(number) {
      const { first, hashes } = blockOf(number)
      const from = (number - first) * hashBytes
      return hashes().subarray(from, from + hashBytes)
    },
    add(hash) {
      if (!growing) {
        growing = growingBytes()
        blocks.push({ first: size, hashes: growing.values })
      }
      growing.push(hash)
      count()
    },
    addAll(hashes) {
      growing = undefined
      blocks.push({ first: size, hashes: () => hashes })
      for (let at = 0; at < hashes.length; at += hashBytes) count()
    },
  }
}

/** A power of two, at most half full. */
const slotsFor = (things: number): number => 2 ** Math.ceil(Math.log2(Math.max(1024, things * 2)))

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
