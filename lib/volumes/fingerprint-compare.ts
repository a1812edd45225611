import type { Fingerprint } from './fingerprint.ts'

/** Entries of one sort of difference: how many, and the hashes of the first paths in hexadecimal. */
export interface Differing {
  count: number
  paths: readonly string[]
}

/** In what a restored volume is not the backup. */
export interface VolumeDifference {
  missing: Differing
  extra: Differing
  different: Differing
}

/** How many of a sort are told by name. */
const namedOfEach = 10

/** Undefined when the volumes are equal. `nameDifferences` finds the names to the hashes. */
export function compareFingerprints(
  backup: Fingerprint,
  restored: Fingerprint,
): VolumeDifference | undefined {
  const missing = openDiffering()
  const extra = openDiffering()
  const different = openDiffering()
  for (const path of hashesOf(backup)) if (restored.paths.find(path) === -1) missing.add(path)
  for (let entry = 0; entry < restored.entries; entry++) {
    const path = restored.paths.hashOf(entry)
    const before = backup.paths.find(path)
    if (before === -1) extra.add(path)
    else if (Buffer.compare(backup.valueOf(before), restored.valueOf(entry)) !== 0) different.add(path)
  }
  const found = { missing: missing.all(), extra: extra.all(), different: different.all() }
  return Object.values(found).some(({ count }) => count > 0) ? found : undefined
}

function* hashesOf({ entries, paths }: Fingerprint): Generator<Uint8Array> {
  for (let entry = 0; entry < entries; entry++) yield paths.hashOf(entry)
}

function openDiffering() {
  const paths: string[] = []
  let count = 0
  return {
    add(path: Uint8Array) {
      count += 1
      if (paths.length < namedOfEach) paths.push(Buffer.from(path).toString('hex'))
    },
    all: (): Differing => ({ count, paths }),
  }
}
