import { collect, once } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { MissingObject, type Store } from '../store/store.ts'
import type { BackupPlace } from './catalog.ts'
import { trashKey } from './layout.ts'
import { decodeManifest, formatVersion, type Manifest, tooNew } from './manifest.ts'

/** A backup that was forgotten: its manifest lies in the trash, its index and data where they were. */
export interface Forgotten {
  manifest: Manifest
  /** The manifest's own bytes. */
  bytes: Buffer
  /** When, in ISO 8601 UTC. */
  forgotten: string
  /** Why, as a sentence for people. */
  reason: string
}

/** What `trash/<source>/<id>.json` says. */
interface TrashDocument {
  format: number
  forgotten: string
  reason: string
  /** The manifest's bytes as text, verbatim. */
  manifest: string
}

/** Writes the document of a backup that is forgotten; one that an interrupted run left is overwritten. */
export async function putForgotten(
  store: Store,
  { source, id }: BackupPlace,
  { bytes, forgotten, reason }: Omit<Forgotten, 'manifest'>,
): Promise<void> {
  const document: TrashDocument = { format: formatVersion, forgotten, reason, manifest: bytes.toString() }
  await store.put(trashKey(source, id), once(`${JSON.stringify(document, undefined, 1)}\n`))
}

/**
 * The document of a forgotten backup, or undefined when there is none. `data-corrupt` when it is not what was written. That the backup's manifest
 * is not in its place is for the caller to know: see `readTrash`.
 */
export async function readForgotten(store: Store, place: BackupPlace): Promise<Forgotten | undefined> {
  const key = trashKey(place.source, place.id)
  const text = await collect(store.get(key), 4 * 1024 * 1024).catch(error => {
    if (error instanceof MissingObject) return undefined
    throw error instanceof RangeError ? damaged(key, error) : error
  })
  if (text === undefined) return undefined
  const document = parse(text, key)
  const bytes = Buffer.from(document.manifest)
  const manifest = decodeManifest(bytes, key)
  if (manifest.source.id !== place.source || manifest.id !== place.id) throw damaged(key)
  return { manifest, bytes, forgotten: document.forgotten, reason: document.reason }
}

/** Ids of the documents in the trash of one source, in order; a backup of which there is one may still be in its place. */
export async function* idsInTrash(store: Store, source: string): AsyncGenerator<string> {
  const prefix = `trash/${source}/`
  for await (const key of store.list(prefix, { shallow: true }))
    if (key.endsWith('.json')) yield key.slice(prefix.length, -'.json'.length)
}

function parse(text: Buffer, key: string): TrashDocument {
  const found = parseJson(text, key)
  if (typeof found?.format === 'number' && found.format > formatVersion) throw tooNew(key, found.format)
  const { forgotten, reason, manifest } = found ?? {}
  if (typeof forgotten === 'string' && typeof reason === 'string' && typeof manifest === 'string')
    return found as TrashDocument
  throw damaged(key)
}

function parseJson(text: Buffer, key: string): Partial<TrashDocument> | null {
  try {
    return JSON.parse(text.toString()) as Partial<TrashDocument> | null
  } catch (cause) {
    throw damaged(key, cause)
  }
}

const damaged = (key: string, cause?: unknown): RespaldoError =>
  new RespaldoError('data-corrupt', `${key}: it is not the document of a forgotten backup`, {
    cause,
    hint: 'The file was changed or damaged. The backup cannot be brought back by it, and its data is not deleted.',
  })
