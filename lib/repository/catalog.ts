import { collect } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { manifestKey } from './layout.ts'
import { decodeManifest, isWhole, type Manifest } from './manifest.ts'
import { newestFirst } from './order.ts'

/** Reads of documents under way at once. */
const atOnce = 32

/** A manifest that cannot be read, beside those that can. */
export interface Damaged extends BackupPlace {
  error: RespaldoError
}

/** What a repository holds, as far as it can be read. */
export interface Catalog {
  /** Newest first; safety backups among them. */
  backups: readonly Manifest[]
  damaged: readonly Damaged[]
}

/** Which backup: what its documents are found by. */
export interface BackupPlace {
  source: string
  id: string
}

/** Every backup of one source, or of all. Folders without a manifest are no backups; a damaged manifest hides no other backup. */
export async function readCatalog(store: Store, source?: string): Promise<Catalog> {
  const places: BackupPlace[] = []
  for await (const name of source === undefined ? foldersIn(store, 'sources/') : [source])
    for await (const id of foldersIn(store, `sources/${name}/`)) places.push({ source: name, id })
  const { found, damaged } = await readEach(places, ({ source, id }) => readManifest(store, source, id))
  return { backups: found.sort(newestFirst), damaged }
}

/** The folders right below a prefix that ends in `/`, in order, without it. */
export async function* foldersIn(store: Store, prefix: string): AsyncGenerator<string> {
  for await (const key of store.list(prefix, { shallow: true }))
    if (key.endsWith('/')) yield key.slice(prefix.length, -1)
}

/** Reads a document of every place, many at once, in no order. One that cannot be read keeps no other from being read. */
export async function readEach<T>(
  places: readonly BackupPlace[],
  read: (place: BackupPlace) => Promise<T | undefined>,
): Promise<{ found: T[]; damaged: Damaged[] }> {
  const found: T[] = []
  const damaged: Damaged[] = []
  const work = places.values()
  const worker = async () => {
    for (const place of work) {
      try {
        const document = await read(place)
        if (document !== undefined) found.push(document)
      } catch (error) {
        if (!(error instanceof RespaldoError)) throw error
        damaged.push({ ...place, error })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { found, damaged }
}

/** True when the backup exists: whatever lies in the trash under its name then is what an interrupted run left. */
export async function isInPlace(store: Store, { source, id }: BackupPlace): Promise<boolean> {
  return (await store.stat(manifestKey(source, id))) !== undefined
}

/** The manifest of one backup, or undefined when there is none. */
export async function readManifest(store: Store, source: string, id: string): Promise<Manifest | undefined> {
  const key = manifestKey(source, id)
  try {
    const manifest = decodeManifest(await collect(store.get(key), 1024 * 1024), key)
    if (manifest.source.id === source && manifest.id === id) return manifest
  } catch (error) {
    if (error instanceof MissingObject) return undefined
    if (error instanceof RangeError) throw tooLong(key)
    throw error
  }
  throw new RespaldoError('data-corrupt', `${key}: it is the manifest of another backup`, {
    hint: 'The folder was renamed or copied. Give it its own name back.',
  })
}

const tooLong = (key: string): RespaldoError =>
  new RespaldoError('data-corrupt', `${key}: it is far too long for a manifest`, {
    hint: 'The file was changed after the backup was made. The other backups are not affected.',
  })

/** Which backup a user means: `latest`, `<source>/<id>`, an id, or a name that was given; undefined means `latest`. */
export function findBackup(catalog: Catalog, reference: string | undefined, source?: string): Manifest {
  const candidates = catalog.backups.filter(backup => source === undefined || backup.source.id === source)
  if (reference === undefined || reference === 'latest') return latest(candidates, source)
  const found = pickBackup(candidates, reference)
  if (found) return found
  const broken = catalog.damaged.find(({ source: of, id }) => id === reference || `${of}/${id}` === reference)
  if (broken) throw broken.error
  throw new RespaldoError(
    'backup-not-found',
    `There is no backup ${reference}${source === undefined ? '' : ` of ${source}`}`,
    {
      hint:
        candidates.length > 0
          ? `The newest are: ${names(candidates)}`
          : 'The repository holds no backup yet.',
    },
  )
}

/** The one that is meant by `<source>/<id>`, an id or a name; undefined when there is none, `input-invalid` when there are several. */
export function pickBackup(candidates: readonly Manifest[], reference: string): Manifest | undefined {
  const exact = candidates.filter(
    backup => backup.id === reference || `${backup.source.id}/${backup.id}` === reference,
  )
  const found = exact.length > 0 ? exact : candidates.filter(backup => backup.name === reference)
  if (found.length > 1) throw several(reference, found)
  return found[0]
}

/** The newest regular backup of a whole database. */
function latest(candidates: readonly Manifest[], source: string | undefined): Manifest {
  const whole = candidates.filter(backup => backup.kind === 'regular' && isWhole(backup.scope))
  const sources = new Set(whole.map(backup => backup.source.id))
  if (sources.size > 1)
    throw new RespaldoError('input-invalid', 'The repository holds backups of several sources', {
      hint: `Name one with --source: ${[...sources].sort().join(', ')}`,
    })
  if (whole[0]) return whole[0]
  throw new RespaldoError(
    'backup-not-found',
    `There is no backup of a whole database${source === undefined ? '' : ` of ${source}`}`,
    {
      hint: candidates.length > 0 ? `There are: ${names(candidates)}` : 'Make one with `respaldo create`.',
    },
  )
}

function several(reference: string, found: readonly Manifest[]): RespaldoError {
  return new RespaldoError('input-invalid', `Several backups are called ${reference}`, {
    hint: `Name one by its id: ${names(found)}`,
    context: { candidates: found.map(backup => `${backup.source.id}/${backup.id}`) },
  })
}

const names = (backups: readonly Manifest[]): string =>
  backups
    .slice(0, 10)
    .map(backup => `${backup.source.id}/${backup.id}`)
    .join(', ')
