import { once } from '../bytes.ts'
import { type Store, StoreConflict } from '../store/store.ts'
import type { BackupPlace } from './catalog.ts'
import { markKey } from './layout.ts'

/** What users say of a backup: `pins` keep it for ever; `accepted` says that what fell after it was meant to. */
export type Mark = 'pins' | 'accepted'

/** The backups with this mark, of one source or of all, as `<source>/<id>`. */
export async function readMarks(store: Store, mark: Mark, source?: string): Promise<ReadonlySet<string>> {
  const marked = new Set<string>()
  for await (const key of store.list(source === undefined ? `${mark}/` : `${mark}/${source}/`))
    if (key.endsWith('.json')) marked.add(key.slice(mark.length + 1, -'.json'.length))
  return marked
}

/** Marks a backup; one that is marked stays as it is. Under the source's lease, or the backup may be gone meanwhile. */
export async function setMark(
  store: Store,
  mark: Mark,
  { source, id }: BackupPlace,
  { since, host }: { since: Date; host: string },
): Promise<void> {
  const document = { format: 1, since: since.toISOString(), host }
  try {
    await store.put(markKey(mark, source, id), once(`${JSON.stringify(document)}\n`), { overwrite: false })
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
  }
}

/** Takes a mark away; it is no failure when there is none. */
export async function clearMark(store: Store, mark: Mark, { source, id }: BackupPlace): Promise<void> {
  await store.delete([markKey(mark, source, id)])
}
