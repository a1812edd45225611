import { counted, type Report } from '../events.ts'
import type { Store } from '../store/store.ts'
import { openFindings } from './findings.ts'
import type { ChunkIndex } from './index-file.ts'
import { backupFolder } from './layout.ts'
import { isDatabase, type Manifest } from './manifest.ts'
import type { Problem } from './proofs.ts'
import { agreeingIndex, checkTables, neededManifest, readBack, strayKeys } from './read-back.ts'
import { openContents, readMembers } from './reader.ts'

/** What reading a backup back came to. */
export interface Checked {
  problems: readonly Problem[]
  /** Keys in its folder that nothing names: no harm to it, but none of its own. */
  stray: readonly string[]
}

/** Is given the pieces of a dump; never throws. */
export type Watch = (raw: Uint8Array) => void

/** Reads backups back, object by object. What several of them build on is read once when the oldest come first. */
export interface Verification {
  /**
   * Reads and hashes every object and every chunk that the backup needs, those of its chain too. `watch` is given its dump once, in order;
   * to its end only where there is no problem.
   */
  check(manifest: Manifest, watch?: Watch): Promise<Checked>
}

/** `backups` are the catalog's. A failure that says nothing of a backup, such as a store that does not answer, is thrown. */
export function openVerification(
  store: Store,
  backups: readonly Manifest[],
  { report, signal }: { report: Report; signal: AbortSignal },
): Verification {
  const known = new Map<string, readonly Problem[]>()

  /** Index and data: what every backup that builds on this one needs of it too. */
  async function content(manifest: Manifest, watch?: Watch) {
    const { look, problems } = openFindings(backups, manifest.source.id)
    const { objects, id } = manifest
    const index = await look(id, objects.index.name, () => agreeingIndex(store, manifest))
    await look(id, objects.data.name, () =>
      watched(readBack(store, manifest, index, signal), watch, index && ownBytes(index)),
    )
    known.set(backupFolder(manifest.source.id, id), problems)
    return { index, problems }
  }

  async function parent(source: string, id: string): Promise<readonly Problem[]> {
    const before = known.get(backupFolder(source, id))
    if (before) return before
    const { look, problems } = openFindings(backups, source)
    const manifest = await look(id, 'manifest.json', () => neededManifest(store, source, id))
    return manifest ? (await content(manifest)).problems : problems
  }

  /** What no other backup needs. */
  async function documents(manifest: Manifest): Promise<readonly Problem[]> {
    const { look, problems } = openFindings(backups, manifest.source.id)
    const { tables } = manifest.objects
    const globals = isDatabase(manifest) ? manifest.objects.globals : undefined
    await look(manifest.id, tables.name, () => checkTables(store, manifest))
    if (globals) await look(manifest.id, globals.name, () => openContents(store, manifest).globals())
    return problems
  }

  /** An incremental's runs have to point to what its chain holds, sound as each part may be by itself. */
  async function runs(manifest: Manifest, index: ChunkIndex, watch: Watch | undefined) {
    const { look, problems } = openFindings(backups, manifest.source.id)
    await look(manifest.id, manifest.objects.index.name, async () => {
      if (!watch) return void (await readMembers(store, manifest, index, signal))
      await watched(openContents(store, manifest).raw(signal), watch, manifest.sizes.raw)
    })
    return problems
  }

  async function watched(
    bytes: AsyncIterable<Uint8Array>,
    watch: Watch | undefined,
    totalBytes: number | undefined,
  ) {
    for await (const piece of counted(bytes, 'check', report, { totalBytes })) watch?.(piece)
  }

  return {
    async check(manifest, watch) {
      const isFull = manifest.type === 'full'
      const { index, problems: own } = await content(manifest, isFull ? watch : undefined)
      const problems = [...own]
      for (const id of index?.parents ?? []) problems.push(...(await parent(manifest.source.id, id)))
      problems.push(...(await documents(manifest)))
      if (!isFull && index && problems.length === 0) problems.push(...(await runs(manifest, index, watch)))
      return { problems, stray: await strayKeys(store, manifest) }
    },
  }
}

const ownBytes = ({ lengths }: ChunkIndex): number => lengths.reduce((sum, length) => sum + length, 0)
