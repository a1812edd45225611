import { hash } from 'node:crypto'
import { type Bytes, collect } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { TableCount } from '../postgres/database.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { readFrames } from './frames.ts'
import { assertConsistent, decodeIndex } from './index-file.ts'
import { backupFolder } from './layout.ts'
import type { Manifest, StoredPart } from './manifest.ts'
import { decompress } from './zstd.ts'

/** Documents beside the data: tables and globals. Held in memory, so they have a limit. */
const documentLimit = 512 * 1024 * 1024

/** What a backup holds, checked while it is read: every chunk by its SHA-256 before its bytes leave, documents by theirs. */
export interface Contents {
  /** The dump itself. */
  raw(signal?: AbortSignal): Bytes
  /** The dump as zstd frames, sent as they are stored. */
  zstd(signal?: AbortSignal): Bytes
  tables(): Promise<readonly TableCount[]>
  globals(): Promise<string | undefined>
}

/** Nothing is read before it is asked for. */
export function openContents(store: Store, manifest: Manifest): Contents {
  const folder = backupFolder(manifest.source.id, manifest.id)
  const { objects } = manifest

  async function* frames(signal: AbortSignal | undefined) {
    const key = folder + objects.data.name
    const where = folder + objects.index.name
    const index = decodeIndex(await document(store, folder, objects.index), where)
    assertConsistent(index, where)
    yield* readFrames(found(store.get(key, { signal }), key), index, key)
  }
  const json = async (part: StoredPart) => (await unpacked(store, folder, part)).toString()

  return {
    async *raw(signal) {
      for await (const frame of frames(signal)) yield frame.raw
    },
    async *zstd(signal) {
      for await (const frame of frames(signal)) yield frame.stored
    },
    tables: async () => (JSON.parse(await json(objects.tables)) as { tables: TableCount[] }).tables,
    globals: async () => (objects.globals ? json(objects.globals) : undefined),
  }
}

async function document(store: Store, folder: string, part: StoredPart): Promise<Buffer> {
  const key = folder + part.name
  const bytes = await collect(found(store.get(key), key), documentLimit)
  if (hash('sha256', bytes) === part.sha256) return bytes
  throw new RespaldoError('data-corrupt', `${key}: its SHA-256 is not the manifest's`, {
    hint: 'The file was changed or damaged after the backup was made. Restore another backup, and check the disk.',
  })
}

async function unpacked(store: Store, folder: string, part: StoredPart): Promise<Buffer> {
  return decompress(await document(store, folder, part), { limitBytes: documentLimit })
}

/** A missing file of a backup that exists is damage, not an absent backup. */
async function* found(bytes: Bytes, key: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    if (!(error instanceof MissingObject)) throw error
    throw new RespaldoError('data-corrupt', `${key} is missing`, {
      cause: error,
      hint: 'Put the file back from a copy of the repository, or restore another backup.',
    })
  }
}
