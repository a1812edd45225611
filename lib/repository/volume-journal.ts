import { collect, once } from '../bytes.ts'
import type { VolumePlace } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { volumeJournalFolder, volumeJournalKey } from './layout.ts'
import type { Holder } from './lease-object.ts'
import { tooNew } from './manifest.ts'

/** How far a restore of a volume has come that a crash would leave unfinished. */
export type VolumePhase =
  /** The volume is made and filled; there was none before. */
  | { phase: 'making' }
  /** What it held is being replaced by what lies in `staged`, whose content was compared and has this digest. */
  | { phase: 'replacing'; staged: VolumePlace; digest: string; safety: string }
  /** The backup, or these paths of it, is being written over what it holds, which may be nothing. */
  | { phase: 'overwriting'; paths?: readonly string[]; safety: string }

/** A restore of a volume that is under way. It is over when its entry is gone. */
export type VolumeEntry = VolumePhase & {
  run: string
  /** The process of the run. */
  holder: Holder
  /** Its run has given up, though its process may live. */
  left?: boolean
  /** Of the volume that is restored: who holds its lease, and nobody else, writes the entry or goes on with it. */
  source: string
  place: VolumePlace
  /** `<source>/<id>`, or the file's name. */
  backup: string
  /** ISO 8601 UTC. */
  since: string
}

const format = 1

/** Writes the entry of a run in place of its last one; what it says holds as soon as this resolves. */
export async function putVolumeEntry(store: Store, entry: VolumeEntry): Promise<void> {
  await store.put(
    volumeJournalKey(entry.run),
    once(`${JSON.stringify({ format, ...entry }, undefined, 1)}\n`),
  )
}

/** Nothing of the run's restore is left to do; it is no failure when there is no entry. */
export async function clearVolumeEntry(store: Store, run: string): Promise<void> {
  await store.delete([volumeJournalKey(run)])
}

/** What is unfinished, of one source or of all, by run: the oldest first. */
export async function readVolumeEntries(store: Store, source?: string): Promise<VolumeEntry[]> {
  const found: VolumeEntry[] = []
  for await (const key of store.list(volumeJournalFolder)) {
    const entry = await readEntry(store, key)
    if (entry && (source === undefined || entry.source === source)) found.push(entry)
  }
  return found
}

async function readEntry(store: Store, key: string): Promise<VolumeEntry | undefined> {
  try {
    return parse((await collect(store.get(key), 1024 * 1024)).toString(), key)
  } catch (error) {
    if (error instanceof MissingObject) return undefined
    if (error instanceof RangeError) throw damaged(key, error)
    throw error
  }
}

function parse(text: string, key: string): VolumeEntry {
  const found = parseJson(text, key)
  if (typeof found?.format === 'number' && found.format > format) throw tooNew(key, found.format, format)
  const texts = [found?.phase, found?.run, found?.holder?.host, found?.source, found?.place?.volume]
  if (texts.every(text => typeof text === 'string')) return found as VolumeEntry
  throw damaged(key)
}

function parseJson(text: string, key: string): (Partial<VolumeEntry> & { format?: number }) | null {
  try {
    return JSON.parse(text) as (Partial<VolumeEntry> & { format?: number }) | null
  } catch (cause) {
    throw damaged(key, cause)
  }
}

const damaged = (key: string, cause?: unknown): RespaldoError =>
  new RespaldoError('data-corrupt', `${key}: it is not the entry of a restore`, {
    cause,
    hint: 'A restore of a volume may be unfinished: look whether the volume holds what it should, restore it again if not, then delete the file.',
  })
