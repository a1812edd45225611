import { hash } from 'node:crypto'
import { type Bytes, once } from '../bytes.ts'
import type { TableCount } from '../postgres/database.ts'
import type { Store } from '../store/store.ts'
import { averageFor, chunkSizes } from './chunker.ts'
import { writeFrames } from './frame-writer.ts'
import { encodeIndex } from './index-file.ts'
import { backupFolder, manifestKey } from './layout.ts'
import { type ArchiveFormat, encodeManifest, type Manifest, type StoredPart } from './manifest.ts'
import { type ChainChunks, incrementalRecipe } from './recipe.ts'
import { compress } from './zstd.ts'

/** zstd's level for stored data: the fastest, so that the dump and not the compression sets the pace. */
const level = 1

/** Which of a manifest's facts the writer knows itself. */
type Written = 'objects' | 'sizes' | 'compression' | 'chunks'

/** What a backup's files were once they are written; the manifest names them. */
export interface WrittenData {
  data: StoredPart
  index: StoredPart
  sourceBytes: number
  rawBytes: number
  chunks: Manifest['chunks']
}

/** How a backup's data is stored. */
export interface DataOptions {
  format: ArchiveFormat
  /** Of the database on disk or the volume: the average chunk of a full goes by it. */
  sourceBytes: number
  /** The chain that an incremental builds on. */
  base?: ChainChunks | undefined
  signal?: AbortSignal | undefined
}

/** The file name of a backup's data by what is in it. */
export const dataName = (format: ArchiveFormat): string =>
  ({ custom: 'database.dump.zst', plain: 'database.sql.zst', tar: 'volume.tar.zst' })[format]

/** One backup that is being written. */
export type BackupDraft = ReturnType<typeof openBackup>

/** Writes one backup into its folder; until `commit` resolves it does not exist. Order: data, index, tables and globals, manifest. */
export function openBackup(store: Store, place: { source: string; id: string }) {
  const folder = backupFolder(place.source, place.id)

  async function part(name: string, content: Buffer, signal?: AbortSignal): Promise<StoredPart> {
    await store.put(folder + name, once(content), { signal })
    return { name, bytes: content.length, sha256: hash('sha256', content) }
  }

  return {
    /** Cuts and stores the raw stream. A stream that throws leaves no data file. */
    async data(raw: Bytes, options: DataOptions): Promise<WrittenData> {
      const { base } = options
      const sizes = chunkSizes(base?.average ?? averageFor(options.sourceBytes))
      const writer = writeFrames(raw, { sizes, level, recipe: base && incrementalRecipe(base) })
      const name = dataName(options.format)
      await store.put(folder + name, writer.stored, { signal: options.signal })
      const { index, storedBytes, sha256 } = writer.result()
      return {
        data: { name, bytes: storedBytes, sha256 },
        index: await part('index', encodeIndex(index), options.signal),
        sourceBytes: options.sourceBytes,
        rawBytes: index.rawBytes,
        chunks: { average: index.average, count: index.lengths.length },
      }
    },

    /** Stores the tables and, where there are any, the globals; then, after `mayCommit` resolved, the manifest. */
    async commit<M extends Manifest>(
      written: WrittenData,
      rest: Omit<M, Written>,
      documents: { tables: readonly TableCount[]; globals: string | undefined },
      mayCommit: () => Promise<void>,
    ): Promise<M> {
      const tables = await part(
        'tables.json.zst',
        await compress(Buffer.from(JSON.stringify({ tables: documents.tables })), 3),
      )
      const globals =
        documents.globals === undefined
          ? undefined
          : await part('globals.sql.zst', await compress(Buffer.from(documents.globals), 3))
      const objects = { data: written.data, index: written.index, tables, ...(globals ? { globals } : {}) }
      const added = Object.values(objects).reduce((sum, { bytes }) => sum + bytes, 0)
      const manifest = {
        ...rest,
        objects,
        chunks: written.chunks,
        sizes: {
          source: written.sourceBytes,
          raw: written.rawBytes,
          stored: written.data.bytes,
          new: added,
        },
        compression:
          written.rawBytes > 0 ? Number((1 - written.data.bytes / written.rawBytes).toFixed(4)) : 0,
      } as M
      await mayCommit()
      await store.put(manifestKey(place.source, place.id), once(encodeManifest(manifest)), {
        overwrite: false,
      })
      return manifest
    },

    /** Removes what was written of a backup that will not be. */
    async discard(): Promise<void> {
      const keys: string[] = []
      for await (const key of store.list(folder)) keys.push(key)
      if (keys.includes(manifestKey(place.source, place.id))) return
      await store.delete(keys)
      await store.sweep(folder)
    },
  }
}
