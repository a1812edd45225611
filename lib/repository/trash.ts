import { collect, once } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { type BackupPlace, type Damaged, foldersIn, isInPlace, pickBackup, readEach } from './catalog.ts'
import { assertData } from './chain.ts'
import { manifestKey, markKey, trashKey } from './layout.ts'
import type { Manifest } from './manifest.ts'
import { newestFirst } from './order.ts'
import { readIndex } from './reader.ts'
import { type Forgotten, idsInTrash, putForgotten, readForgotten } from './trash-object.ts'
import { openBackup } from './writer.ts'

export type { Forgotten } from './trash-object.ts'

/** Hours for which a forgotten backup can be brought back, unless the trash is emptied on purpose. */
export const trashHours = 24

/** What lies in the trash, as far as it can be read. */
export interface Trash {
  /** Newest backup first, so that of a chain what is built on comes last. */
  forgotten: readonly Forgotten[]
  damaged: readonly Damaged[]
}

/** The sources of which the repository holds something, be it in the trash, in order. */
export async function sourcesIn(store: Store): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const prefix of ['sources/', 'trash/'])
    for await (const name of foldersIn(store, prefix)) names.add(name)
  return [...names].sort()
}

/** The trash of one source, or of all. */
export async function readTrash(store: Store, source?: string): Promise<Trash> {
  const places: BackupPlace[] = []
  for await (const name of source === undefined ? foldersIn(store, 'trash/') : [source])
    for await (const id of idsInTrash(store, name)) places.push({ source: name, id })
  const { found, damaged } = await readEach(places, async place =>
    (await isInPlace(store, place)) ? undefined : readForgotten(store, place),
  )
  return { forgotten: found.sort((a, b) => newestFirst(a.manifest, b.manifest)), damaged }
}

/** The forgotten backup that a user means; see `findBackup`. */
export function findForgotten({ forgotten, damaged }: Trash, reference: string): Forgotten {
  const picked = pickBackup(
    forgotten.map(({ manifest }) => manifest),
    reference,
  )
  const found = forgotten.find(({ manifest }) => manifest === picked)
  if (found) return found
  const broken = damaged.find(({ source, id }) => id === reference || `${source}/${id}` === reference)
  if (broken) throw broken.error
  throw new RespaldoError('backup-not-found', `There is no backup ${reference} in the trash`, {
    hint: 'See `respaldo list --trash`. What was emptied out of it is gone.',
  })
}

/**
 * Forgets a backup: its manifest goes to the trash, then from its place. Interrupted between the two it still exists, and the next holder of its
 * source removes the document. Under the source's lease; of a chain the newest first.
 */
export async function forget(
  store: Store,
  { source, id }: BackupPlace,
  { time, reason }: { time: Date; reason: string },
): Promise<void> {
  const key = manifestKey(source, id)
  const bytes = await collect(store.get(key))
  await putForgotten(store, { source, id }, { bytes, forgotten: time.toISOString(), reason })
  await store.delete([key])
}

/**
 * Brings a forgotten backup back, before it what it builds on; returns all that came back, in that order. Nothing is changed when something that
 * is needed is gone or damaged (`data-corrupt`). Interrupted, what came back so far is whole. Under the source's lease.
 */
export async function bringBack(store: Store, place: BackupPlace): Promise<readonly Manifest[]> {
  const needed = new Map<string, Forgotten>()
  await gather(store, place, needed)
  for (const { manifest, bytes } of needed.values()) {
    await store.put(manifestKey(place.source, manifest.id), once(bytes), { overwrite: false })
    await store.delete([trashKey(place.source, manifest.id)])
  }
  return [...needed.values()].map(({ manifest }) => manifest)
}

/** Notes a backup behind all that it builds on, as far as they are not in their places. */
async function gather(store: Store, place: BackupPlace, needed: Map<string, Forgotten>): Promise<void> {
  if (needed.has(place.id) || (await isInPlace(store, place))) return
  const found = await readForgotten(store, place)
  if (!found) throw gone(place)
  await assertData(store, found.manifest)
  for (const id of (await readIndex(store, found.manifest)).parents)
    await gather(store, { source: place.source, id }, needed)
  needed.set(place.id, found)
}

const gone = ({ source, id }: BackupPlace): RespaldoError =>
  new RespaldoError(
    'data-corrupt',
    `${source}/${id} is needed and gone: neither in its place nor in the trash`,
    {
      hint: 'Put its folder back from a copy of the repository, or use a backup of another chain.',
      context: { missing: `${source}/${id}` },
    },
  )

/** True once a forgotten backup has been in the trash for its time. */
export function isDue({ forgotten }: Forgotten, now: Date): boolean {
  return now.getTime() - Date.parse(forgotten) >= trashHours * 3_600_000
}

/**
 * Deletes a forgotten backup for good: its document first, so that no backup whose files are going can be brought back, then its files. What an
 * interruption leaves, the next holder of the source clears. Under the source's lease, after `chainsInUse`; of a chain the newest first.
 */
export async function destroy(store: Store, { manifest: { source, id } }: Forgotten): Promise<void> {
  await store.delete([markKey('accepted', source.id, id), trashKey(source.id, id)])
  await openBackup(store, { source: source.id, id }).discard()
}
