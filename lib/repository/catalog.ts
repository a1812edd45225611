import { collect } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { manifestKey } from './layout.ts'
import { decodeManifest, isWhole, type Manifest } from './manifest.ts'
import { newestFirst } from './order.ts'

/** Reads of manifests under way at once. */
const atOnce = 32

/** A manifest that cannot be read, beside those that can. */
export interface Damaged {
  source: string
  id: string
  error: RespaldoError
}

/** What a repository holds, as far as it can be read. */
export interface Catalog {
  /** Newest first; safety backups among them. */
  backups: readonly Manifest[]
  damaged: readonly Damaged[]
}

/** Every backup of one source, or of all. Folders without a manifest are no backups; a damaged manifest hides no other backup. */
export async function readCatalog(store: Store, source?: string): Promise<Catalog> {
  const backups: Manifest[] = []
  const damaged: Damaged[] = []
  const queue: { source: string; id: string }[] = []
  for await (const name of source === undefined ? sourceNames(store) : [source])
    for await (const key of store.list(`sources/${name}/`, { shallow: true }))
      if (key.endsWith('/')) queue.push({ source: name, id: key.slice(`sources/${name}/`.length, -1) })
  const work = queue.values()
  const worker = async () => {
    for (const place of work) {
      try {
        const manifest = await readManifest(store, place.source, place.id)
        if (manifest) backups.push(manifest)
      } catch (error) {
        if (!(error instanceof RespaldoError)) throw error
        damaged.push({ ...place, error })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { backups: backups.sort(newestFirst), damaged }
}

async function* sourceNames(store: Store): AsyncGenerator<string> {
  for await (const key of store.list('sources/', { shallow: true }))
    if (key.endsWith('/')) yield key.slice('sources/'.length, -1)
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
  const exact = candidates.filter(
    backup => backup.id === reference || `${backup.source.id}/${backup.id}` === reference,
  )
  const found = exact.length > 0 ? exact : candidates.filter(backup => backup.name === reference)
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw several(reference, found)
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
