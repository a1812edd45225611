import type { Bytes } from '../bytes.ts'
import { shown } from './byte-string.ts'
import { hashing } from './content-hash.ts'
import { type Facts, factsOf } from './facts.ts'
import type { VolumeDifference } from './fingerprint-compare.ts'
import { shortHash } from './short-hash.ts'
import { readTar } from './tar-reader.ts'

/** An entry as people see it. */
export interface NamedEntry {
  name: string
  facts: Facts
}

/** Reads a tar for the entries whose paths have these hashes, by hash. */
export async function nameEntries(tar: Bytes, hashes: ReadonlySet<string>): Promise<Map<string, NamedEntry>> {
  const found = new Map<string, NamedEntry>()
  await readTar(
    tar,
    hashing((entry, sha256) => {
      const hash = shortHash(entry.path).toString('hex')
      if (hashes.has(hash)) found.set(hash, { name: shown(entry.path), facts: factsOf(entry, sha256) })
    }),
  )
  return found
}

/** One thing that is not as the backup has it; `what` goes on behind the object. */
export interface NamedDifference {
  object: string
  what: string
}

/** How many differences are told by name. */
const named = 10

/** The first ten, what is missing before what is more and what is different, and the rest as a number. Reads both tars once more. */
export async function nameDifferences(
  { missing, extra, different }: VolumeDifference,
  tars: { backup: Bytes; restored: Bytes },
): Promise<NamedDifference[]> {
  const before = await nameEntries(tars.backup, new Set([...missing.paths, ...different.paths]))
  const after = await nameEntries(tars.restored, new Set([...extra.paths, ...different.paths]))
  const told = [
    ...missing.paths.map(path => ({ object: nameOf(before, path), what: 'did not come back' })),
    ...extra.paths.map(path => ({ object: nameOf(after, path), what: 'is not in the backup' })),
    ...different.paths.map(path => ({
      object: nameOf(before, path),
      what: whatDiffers(before.get(path)?.facts, after.get(path)?.facts),
    })),
  ]
  const first = told.slice(0, named)
  const rest = missing.count + extra.count + different.count - first.length
  return rest > 0 ? [...first, { object: 'and', what: `${rest} more` }] : first
}

const nameOf = (entries: ReadonlyMap<string, NamedEntry>, hash: string): string =>
  `"${entries.get(hash)?.name ?? hash}"`

function whatDiffers(backup: Facts = {}, restored: Facts = {}): string {
  if ([backup.type, restored.type].includes('hard link'))
    return 'is another file, or shares it with other names'
  const labels = [...new Set([...Object.keys(backup), ...Object.keys(restored)])]
  const other = labels.filter(label => backup[label] !== restored[label])
  if (other.length === 0) return 'shares its file with other names'
  return `has ${other.map(label => worded(label, backup[label], restored[label])).join(', ')}`
}

function worded(label: string, backup: string | undefined, restored: string | undefined): string {
  if (label === 'sha256') return 'other content'
  if (label.startsWith('attribute')) return `another ${label}, or none`
  return `${label} ${restored ?? 'missing'} instead of ${backup ?? 'missing'}`
}
