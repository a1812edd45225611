import type { Bytes } from '../bytes.ts'
import { growingBytes, growingWords } from '../repository/growing.ts'
import { type HashTable, openHashTable } from '../repository/hash-table.ts'
import { shown } from './byte-string.ts'
import { hashing } from './content-hash.ts'
import { factsOf } from './facts.ts'
import { hashBytes, shortHash } from './short-hash.ts'
import type { TarEntry } from './tar-entry.ts'
import { contradictoryTar } from './tar-errors.ts'
import { readTar, type TarListener } from './tar-reader.ts'

/**
 * What a volume's tar comes to, whatever the order of its entries. It takes about 50 bytes an entry: the hash of its path, a hash of all
 * else that counts, the number of the entry that it shares a file with, and its place in the table.
 */
export interface Fingerprint {
  entries: number
  /** Of the content of all files. */
  bytes: number
  /** One number over everything, for people and manifests: 128 bits in hexadecimal. Equal ones mean equal volumes. */
  digest: string
  paths: HashTable
  /** By the entry's number. */
  valueOf(entry: number): Uint8Array
}

/** A listener whose `result` may be asked for, once, when the tar was whole. */
export interface Fingerprinter extends TarListener {
  result(): Fingerprint
}

/** Takes fingerprints while a tar passes. Throws data-corrupt for two entries of one path, and for hard links to nothing. */
export function openFingerprint(): Fingerprinter {
  const paths = openHashTable(1024, hashBytes)
  const facts = growingBytes()
  /** For each entry the one that its file was first seen as, which most are themselves. */
  const firsts = growingWords()
  let bytes = 0

  function visit(entry: TarEntry, sha256: string): void {
    const path = shortHash(entry.path)
    if (paths.find(path) !== -1) throw contradictoryTar(`"${shown(entry.path)}" twice`)
    if (entry.kind === 'hard link') {
      const first = firstOf(entry)
      firsts.push(first)
      facts.push(hashAt(facts.values(), first))
    } else {
      firsts.push(paths.size)
      facts.push(shortHash(JSON.stringify(factsOf(entry, sha256))))
    }
    paths.add(path)
    bytes += entry.size
  }

  function firstOf({ path, link }: TarEntry): number {
    const target = paths.find(shortHash(link))
    if (target === -1)
      throw contradictoryTar(`"${shown(path)}" as a link to "${shown(link)}", which is not in front of it`)
    return firsts.values()[target]!
  }

  return {
    ...hashing(visit),
    result() {
      const values = bound(facts.values(), paths, firsts.values())
      return {
        entries: paths.size,
        bytes,
        digest: sumOf(values),
        paths,
        valueOf: entry => hashAt(values, entry),
      }
    },
  }
}

/** Reads a tar to its end, which has to be whole. */
export async function fingerprintOf(tar: Bytes): Promise<Fingerprint> {
  const fingerprinter = openFingerprint()
  await readTar(tar, fingerprinter)
  return fingerprinter.result()
}

/**
 * Facts bound to the names of the file that they are of: which of them the tar had first, with the content, says nothing, but which names
 * are one file does. In place.
 */
function bound(facts: Uint8Array, paths: HashTable, firsts: Uint32Array): Uint8Array {
  const names = new Uint32Array(firsts.length * 2)
  firsts.forEach((first, entry) => {
    const path = Buffer.from(paths.hashOf(entry))
    names[first * 2]! += path.readUInt32LE(0)
    names[first * 2 + 1]! += path.readUInt32LE(4)
  })
  const input = Buffer.alloc(hashBytes * 2 + 8)
  firsts.forEach((first, entry) => {
    input.set(paths.hashOf(entry), 0)
    input.set(hashAt(facts, entry), hashBytes)
    input.writeUInt32LE(names[first * 2]!, hashBytes * 2)
    input.writeUInt32LE(names[first * 2 + 1]!, hashBytes * 2 + 4)
    facts.set(shortHash(input), entry * hashBytes)
  })
  return facts
}

/** Four sums of 32 bits, which no order of the values changes. */
function sumOf(values: Uint8Array): string {
  const words = new DataView(values.buffer, values.byteOffset, values.length)
  const sum = new Uint32Array(4)
  for (let at = 0; at < values.length; at += 4) sum[(at / 4) % 4]! += words.getUint32(at, true)
  return Array.from(sum, word => word.toString(16).padStart(8, '0')).join('')
}

const hashAt = (hashes: Uint8Array, number: number): Uint8Array =>
  hashes.subarray(number * hashBytes, (number + 1) * hashBytes)
