import { hash } from 'node:crypto'
import { type Bytes, collectExactly, release } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { TableCount } from '../postgres/database.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { type BackupPlace, readManifest } from './catalog.ts'
import { type Member, readChain, reframed } from './chain-reader.ts'
import { changedFile } from './damage.ts'
import { readFrames } from './frame-reader.ts'
import { assertConsistent, type ChunkIndex, decodeIndex } from './index-file.ts'
import { backupFolder } from './layout.ts'
import { isDatabase, type Manifest, type StoredPart } from './manifest.ts'
import { readForgotten } from './trash-object.ts'
import { decompress } from './zstd.ts'

/** Documents beside the data: tables and globals. Held in memory, so they have a limit. */
const documentLimit = 512 * 1024 * 1024

/** What a backup holds, checked while it is read: every chunk by its SHA-256 before its bytes leave, documents by theirs. */
export interface Contents {
  /** The dump itself. */
  raw(signal?: AbortSignal): Bytes
  /** The same for who is done with each piece before it asks for the next one: then its memory is given back at once. */
  passing(signal?: AbortSignal): Bytes
  /** The dump as zstd frames, sent as they are stored where a whole one is used. */
  zstd(signal?: AbortSignal): Bytes
  tables(): Promise<readonly TableCount[]>
  globals(): Promise<string | undefined>
}

/** Nothing is read before it is asked for. */
export function openContents(store: Store, manifest: Manifest): Contents {
  const folder = backupFolder(manifest.source.id, manifest.id)
  const { objects } = manifest
  const globals = isDatabase(manifest) ? manifest.objects.globals : undefined

  const dataKey = folder + objects.data.name
  const ownFrames = (index: ChunkIndex, signal: AbortSignal | undefined) =>
    readFrames(found(store.get(dataKey, { signal }), dataKey), index, dataKey)
  const chainPieces = async (index: ChunkIndex, signal: AbortSignal | undefined) =>
    readChain(await readMembers(store, manifest, index, signal))
  const text = async (part: StoredPart) => (await unpacked(store, folder, part)).toString()

  return {
    async *raw(signal) {
      const own = await readIndex(store, manifest)
      const pieces = own.parents.length > 0 ? await chainPieces(own, signal) : ownFrames(own, signal)
      for await (const { raw } of pieces) yield raw
    },
    async *passing(signal) {
      const own = await readIndex(store, manifest)
      // Pieces of a chain may be parts of a frame that is needed again.
      if (own.parents.length > 0) for await (const { raw } of await chainPieces(own, signal)) yield raw
      else
        for await (const { raw } of ownFrames(own, signal)) {
          yield raw
          release(raw)
        }
    },
    async *zstd(signal) {
      const own = await readIndex(store, manifest)
      if (own.parents.length > 0) return yield* reframed(await chainPieces(own, signal))
      for await (const { raw, stored } of ownFrames(own, signal)) {
        release(raw)
        yield stored
      }
    },
    tables: async () => parseTables(await text(objects.tables), folder + objects.tables.name),
    globals: async () => (globals ? text(globals) : undefined),
  }
}

/** A backup's chunk index, checked against its manifest and in itself. */
export async function readIndex(store: Store, { source, id, objects }: Manifest): Promise<ChunkIndex> {
  const folder = backupFolder(source.id, id)
  const where = folder + objects.index.name
  const index = decodeIndex(await document(store, folder, objects.index), where)
  assertConsistent(index, where)
  return index
}

/** The backup itself and its parents; `data-corrupt` unless their manifests and indexes are there and hold what its runs point to. */
export async function readMembers(
  store: Store,
  manifest: Manifest,
  index: ChunkIndex,
  signal?: AbortSignal,
): Promise<Member[]> {
  const all = [memberOf(store, manifest, index, signal)]
  for (const id of index.parents) {
    const parent = await parentManifest(store, { source: manifest.source.id, id })
    if (!parent) throw chainBroken(manifest, id)
    all.push(memberOf(store, parent, await readIndex(store, parent), signal))
  }
  assertRunsExist(index, all)
  return all
}

/** Also of one that was forgotten after its reader announced itself: its data is spared. */
export async function parentManifest(store: Store, place: BackupPlace): Promise<Manifest | undefined> {
  return (await readManifest(store, place.source, place.id)) ?? (await readForgotten(store, place))?.manifest
}

function memberOf(
  store: Store,
  { source, id, objects }: Manifest,
  index: ChunkIndex,
  signal: AbortSignal | undefined,
): Member {
  const where = backupFolder(source.id, id) + objects.data.name
  return { index, where, read: range => found(store.get(where, { range, signal }), where) }
}

function assertRunsExist({ segments, rawBytes }: ChunkIndex, members: readonly Member[]): void {
  let bytes = 0
  for (const { backup, first, count } of segments) {
    const { lengths } = members[backup]!.index
    for (let chunk = first; chunk < first + count; chunk++) bytes += lengths[chunk] ?? Number.NaN
  }
  if (bytes === rawBytes) return
  throw new RespaldoError(
    'data-corrupt',
    `${members[0]!.where}: its index does not fit the indexes of its chain`,
    {
      hint: 'An earlier backup of the chain was changed. Restore a backup of another chain.',
    },
  )
}

const chainBroken = ({ source, id }: Manifest, missing: string): RespaldoError =>
  new RespaldoError('data-corrupt', `${source.id}/${id} builds on ${missing}, which is missing`, {
    hint: 'Put its folder back from a copy of the repository, or restore a backup of another chain.',
    context: { missing: `${source.id}/${missing}` },
  })

function parseTables(text: string, where: string): readonly TableCount[] {
  try {
    return (JSON.parse(text) as { tables: TableCount[] }).tables
  } catch (cause) {
    throw changedFile(where, 'it is not JSON', cause)
  }
}

async function document(store: Store, folder: string, part: StoredPart): Promise<Buffer> {
  const key = folder + part.name
  if (part.bytes > documentLimit) throw new RangeError(`${key} has ${part.bytes} bytes`)
  const bytes = await collectExactly(found(store.get(key), key), part.bytes)
  if (bytes && hash('sha256', bytes) === part.sha256) return bytes
  throw changedFile(key, "its SHA-256 is not the manifest's")
}

async function unpacked(store: Store, folder: string, part: StoredPart): Promise<Buffer> {
  const bytes = await document(store, folder, part)
  return decompress(bytes, { limitBytes: documentLimit }).catch(cause => {
    throw changedFile(folder + part.name, 'it cannot be decompressed', cause)
  })
}

/** A missing file of a backup that exists is damage, not an absent backup. */
export async function* found(bytes: Bytes, key: string): AsyncGenerator<Uint8Array> {
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
