import type { Clock } from '../clock.ts'
import { compactTime } from '../clock.ts'
import type { Store } from '../store/store.ts'
import { type Catalog, findBackup, foldersIn, isInPlace, readCatalog } from './catalog.ts'
import { backupFolder, trashKey } from './layout.ts'
import type { Manifest } from './manifest.ts'
import { assertSegment } from './names.ts'
import { ensureMarker, readMarker } from './open.ts'
import { type Contents, openContents } from './reader.ts'
import { idsInTrash } from './trash-object.ts'
import { type BackupDraft, openBackup } from './writer.ts'

/** Where backups are kept, on a store. It holds no state of its own: everything is read when it is asked for. */
export interface Repository {
  id: string
  store: Store
  /** Newest first, of one source or of all. */
  catalog(source?: string): Promise<Catalog>
  /** See `findBackup`. */
  find(reference: string | undefined, source?: string): Promise<Manifest>
  contents(manifest: Manifest): Contents
  /** An id that no backup of the source has: `20250408T160000Z-full-<name>`, with a tail when the second is taken. Under the source's lease. */
  newId(
    source: string,
    facts: { started: Date; type: Manifest['type']; name?: string | undefined },
  ): Promise<string>
  begin(source: string, id: string): BackupDraft
  /**
   * Clears what interrupted runs left of the source's backups: files of those that do not exist and are not in the trash, and documents in the
   * trash of those that do exist. Under the source's lease. Returns how many backups lost their files.
   */
  clearUnfinished(source: string): Promise<number>
}

/** The repository on a store. `create`: make it in an absent or empty place. See `readMarker` for errors. */
export async function openRepository(
  store: Store,
  clock: Clock,
  options: { create: boolean },
): Promise<Repository> {
  const marker = options.create ? await ensureMarker(store, clock) : await readMarker(store)
  return {
    id: marker.id,
    store,
    catalog: source => readCatalog(store, source),
    find: async (reference, source) => findBackup(await readCatalog(store, source), reference, source),
    contents: manifest => openContents(store, manifest),
    async newId(source, { started, type, name }) {
      if (name !== undefined) assertSegment('name', name)
      const base = `${compactTime(started)}-${type}${name === undefined ? '' : `-${name}`}`
      let id = base
      for (let tail = 2; await exists(store, backupFolder(source, id)); tail++) id = `${base}-${tail}`
      assertSegment('backup id', id)
      return id
    },
    begin: (source, id) => openBackup(store, { source, id }),
    clearUnfinished: source => clearUnfinished(store, source),
  }
}

async function exists(store: Store, folder: string): Promise<boolean> {
  for await (const _ of store.list(folder, { shallow: true })) return true
  return false
}

/** Where only the holder of a source's lease writes, beside its backups' folders. */
const heldPlaces = ['trash', 'pins', 'accepted'] as const

async function clearUnfinished(store: Store, source: string): Promise<number> {
  for (const place of heldPlaces) await store.sweep(`${place}/${source}/`)
  const forgotten = new Set<string>()
  for await (const id of idsInTrash(store, source)) {
    // Its forgetting or its return was cut short. It exists, so it stays.
    if (await isInPlace(store, { source, id })) await store.delete([trashKey(source, id)])
    else forgotten.add(id)
  }
  let cleared = 0
  for await (const id of foldersIn(store, `sources/${source}/`)) {
    if (forgotten.has(id) || (await isInPlace(store, { source, id }))) continue
    await openBackup(store, { source, id }).discard()
    cleared += 1
  }
  return cleared
}
