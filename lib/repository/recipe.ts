import { hash } from 'node:crypto'
import { growingBytes, growingWords } from './growing.ts'
import { type HashTable, openHashTable } from './hash-table.ts'
import { type ChunkIndex, packedSegments, type Segment } from './index-file.ts'

/** What an incremental builds on: the chunks of its chain, named by where they are. */
export interface ChainChunks {
  /** Ids of the chain's backups, oldest first. */
  parents: readonly string[]
  /** Of their full; an incremental is cut as its chain is. */
  average: number
  /** Their chunks, all of the first parent's before those of the second. An incremental adds its own behind. */
  table: HashTable
  /** By parent, the number of its first chunk in the table. */
  firsts: readonly number[]
}

/** How a stream is put together out of chunks, written down while it passes. */
export interface Recipe {
  /** Notes the next chunk of the stream. True when this backup has to store it. */
  take(chunk: Uint8Array): boolean
  /** All of the index but the frames. */
  result(): Omit<ChunkIndex, 'frames' | 'average'>
}

/** Of a full: every chunk is its own, repeated ones too, so that its data file is the stream. */
export function fullRecipe(): Recipe {
  const own = openOwnChunks()
  return {
    take(chunk) {
      own.add(chunk.length, hash('sha256', chunk, 'buffer'))
      return true
    },
    result: () => ({
      ...own.result(),
      rawBytes: own.bytes(),
      parents: [],
      segments: own.count() > 0 ? [{ backup: 0, first: 0, count: own.count() }] : [],
    }),
  }
}

/** Of an incremental: only chunks that neither its chain nor itself has are stored. */
export function incrementalRecipe({ parents, table, firsts }: ChainChunks): Recipe {
  const own = openOwnChunks()
  const ownFirst = table.size
  const runs = openRuns([...firsts, ownFirst])
  let rawBytes = 0
  let next = 0
  return {
    take(chunk) {
      const name = hash('sha256', chunk, 'buffer')
      rawBytes += chunk.length
      // A chunk that is there more than once is best the one that follows the last: then runs stay long.
      const known = next < table.size && table.isAt(next, name) ? next : table.find(name)
      const at = known === -1 ? table.size : known
      next = at + 1
      runs.add(at)
      if (known !== -1) return false
      table.add(name)
      own.add(chunk.length, name)
      return true
    },
    result: () => ({ ...own.result(), rawBytes, parents, segments: runs.segments() }),
  }
}

function openOwnChunks() {
  const lengths = growingWords()
  const hashes = growingBytes()
  let bytes = 0
  return {
    add(length: number, name: Uint8Array) {
      lengths.push(length)
      hashes.push(name)
      bytes += length
    },
    count: lengths.length,
    bytes: () => bytes,
    result: () => ({ lengths: lengths.values(), hashes: hashes.values() }),
  }
}

/** Numbers of a table as runs of a backup's chunks; the last of `firsts` is where the own ones begin. */
function openRuns(firsts: readonly number[]) {
  const words = growingWords()
  let last: Segment | undefined
  const ownIndex = firsts.length - 1
  const close = () => {
    if (last) for (const word of [last.backup, last.first, last.count]) words.push(word)
  }
  return {
    add(number: number) {
      let owner = ownIndex
      while (firsts[owner]! > number) owner -= 1
      const backup = owner === ownIndex ? 0 : owner + 1
      const chunk = number - firsts[owner]!
      if (last?.backup === backup && last.first + last.count === chunk) last.count += 1
      else {
        close()
        last = { backup, first: chunk, count: 1 }
      }
    },
    segments() {
      close()
      last = undefined
      return packedSegments(words.values())
    },
  }
}

/** The chunks of a chain's backups, oldest first. */
export function chainChunks(parents: readonly { id: string; index: ChunkIndex }[]): ChainChunks {
  const total = parents.reduce((sum, { index }) => sum + index.lengths.length, 0)
  const table = openHashTable(total)
  const firsts: number[] = []
  for (const { index } of parents) {
    firsts.push(table.size)
    table.addAll(index.hashes)
  }
  return { parents: parents.map(({ id }) => id), average: parents[0]!.index.average, table, firsts }
}
