import { growingBytes } from './growing.ts'

const hashBytes = 32

/**
 * Finds chunks by their SHA-256, 32 bytes each. Chunks are numbered as they are added; of several with one name the first is found.
 * It takes 40 to 48 bytes a chunk, whatever their number, and no object a chunk.
 */
export interface ChunkTable {
  readonly size: number
  /** The chunk's number, or -1. */
  find(name: Uint8Array): number
  /** True when the chunk of that number has the name. */
  isAt(chunk: number, name: Uint8Array): boolean
  /** Numbers the chunk. */
  add(name: Uint8Array): void
  /** Numbers as many as there are names in the array. It is kept, not copied. */
  addAll(names: Uint8Array): void
}

/** Names of chunks that follow each other, and the number of the first. */
interface Block {
  first: number
  names: () => Uint8Array
}

/** Made to find `expected` chunks; it grows when there are more. */
export function openChunkTable(expected = 1024): ChunkTable {
  const blocks: Block[] = []
  let growing: ReturnType<typeof growingBytes> | undefined
  let slots = new Uint32Array(slotsFor(expected))
  let size = 0

  /** Where the name is, or where it would be. SHA-256 is even, so its first bytes are as good as any hash of it. */
  function slotOf(name: Uint8Array, at: number): number {
    const mask = slots.length - 1
    let slot = word(name, at) & mask
    while (slots[slot] !== 0 && !isName(slots[slot]! - 1, name, at)) slot = (slot + 1) & mask
    return slot
  }

  function isName(chunk: number, name: Uint8Array, at: number): boolean {
    const block = blockOf(chunk)
    const names = block.names()
    const from = (chunk - block.first) * hashBytes
    for (let byte = 0; byte < hashBytes; byte++) if (names[from + byte] !== name[at + byte]) return false
    return true
  }

  const blockOf = (chunk: number): Block => blocks.findLast(({ first }) => first <= chunk)!

  function grow(): void {
    slots = new Uint32Array(slots.length * 2)
    for (let chunk = 0; chunk < size; chunk++) enter(chunk)
  }

  function enter(chunk: number): void {
    const { first, names } = blockOf(chunk)
    const slot = slotOf(names(), (chunk - first) * hashBytes)
    if (slots[slot] === 0) slots[slot] = chunk + 1
  }

  function number(): void {
    size += 1
    if (size * 2 > slots.length) grow()
    else enter(size - 1)
  }

  return {
    get size() {
      return size
    },
    find: name => slots[slotOf(name, 0)]! - 1,
    isAt: (chunk, name) => isName(chunk, name, 0),
    add(name) {
      if (!growing) {
        growing = growingBytes()
        blocks.push({ first: size, names: growing.values })
      }
      growing.push(name)
      number()
    },
    addAll(names) {
      growing = undefined
      blocks.push({ first: size, names: () => names })
      for (let at = 0; at < names.length; at += hashBytes) number()
    },
  }
}

/** A power of two, at most half full. */
const slotsFor = (chunks: number): number => 2 ** Math.ceil(Math.log2(Math.max(1024, chunks * 2)))

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
