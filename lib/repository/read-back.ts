import { createHash } from 'node:crypto'
import { drain, release } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { indexDisagreement, tablesDisagreement } from './agreement.ts'
import { changedFile } from './damage.ts'
import { readFrames } from './frame-reader.ts'
import type { ChunkIndex } from './index-file.ts'
import { backupFolder, manifestKey, proofsFolder } from './layout.ts'
import type { Manifest } from './manifest.ts'
import { found, openContents, parentManifest, readIndex } from './reader.ts'

/** The manifest of what a backup builds on, as who reads it finds it; one that is not there is damage. */
export async function neededManifest(store: Store, source: string, id: string): Promise<Manifest> {
  const manifest = await parentManifest(store, { source, id })
  if (manifest) return manifest
  throw new RespaldoError('data-corrupt', `${manifestKey(source, id)} is missing`, {
    hint: 'Put its folder back from a copy of the repository, or restore a backup of another chain.',
  })
}

/** A backup's index, checked in itself and held against the manifest. */
export async function agreeingIndex(store: Store, manifest: Manifest): Promise<ChunkIndex> {
  const index = await readIndex(store, manifest)
  assertAgree(keyOf(manifest, manifest.objects.index.name), indexDisagreement(manifest, index))
  return index
}

/** Reads the tables and holds them against the manifest. */
export async function checkTables(store: Store, manifest: Manifest): Promise<void> {
  const tables = await openContents(store, manifest).tables()
  assertAgree(keyOf(manifest, manifest.objects.tables.name), tablesDisagreement(manifest, tables))
}

function assertAgree(where: string, disagreement: string | undefined): void {
  if (disagreement) throw changedFile(where, `it does not agree with the manifest: ${disagreement}`)
}

/**
 * A backup's own chunks in the order of its data file, each checked by the index; throws at the end unless the whole file has the manifest's
 * SHA-256. Each is valid until the next is asked for. Without an index there are none to give, and the file's SHA-256 alone is compared.
 */
export async function* readBack(
  store: Store,
  manifest: Manifest,
  index: ChunkIndex | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const { name, sha256 } = manifest.objects.data
  const key = keyOf(manifest, name)
  const sum = createHash('sha256')
  async function* stored() {
    for await (const piece of found(store.get(key, { signal }), key)) {
      sum.update(piece)
      yield piece
    }
  }
  if (index)
    for await (const { raw } of readFrames(stored(), index, key)) {
      yield raw
      release(raw)
    }
  else await drain(stored())
  if (sum.digest('hex') !== sha256) throw changedFile(key, "its SHA-256 is not the manifest's")
}

/** Keys in a backup's folder that neither its manifest names nor proofs are: none of its own, and no harm to it. */
export async function strayKeys(store: Store, manifest: Manifest): Promise<string[]> {
  const { source, id, objects } = manifest
  const own = new Set(Object.values(objects).map(({ name }) => keyOf(manifest, name)))
  own.add(manifestKey(source.id, id))
  const keys = await Array.fromAsync(store.list(backupFolder(source.id, id)))
  return keys.filter(key => !own.has(key) && !key.startsWith(proofsFolder(source.id, id)))
}

const keyOf = ({ source, id }: Manifest, name: string): string => backupFolder(source.id, id) + name
