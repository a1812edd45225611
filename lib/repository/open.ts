import { randomUUID } from 'node:crypto'
import { collect, once } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { MissingObject, type Store, StoreConflict } from '../store/store.ts'
import { marker, readme } from './layout.ts'
import { formatVersion, tooNew } from './manifest.ts'
import { instructions } from './readme.ts'

/** What `respaldo.json` says. */
export interface Marker {
  format: number
  id: string
  created: string
}

/** The marker of an existing repository. `repository-not-found` when there is none, `input-invalid` when something else is there. */
export async function readMarker(store: Store): Promise<Marker> {
  try {
    return parseMarker(await collect(store.get(marker), 65_536), store.name)
  } catch (error) {
    if (error instanceof RangeError) throw damagedMarker(store.name)
    if (!(error instanceof MissingObject)) throw error
    await refuseForeign(store)
    throw new RespaldoError('repository-not-found', `There is no repository in ${store.name}`, {
      hint: 'Check --dir; `respaldo create` makes one in an absent or empty folder.',
    })
  }
}

/** The marker of the repository, made in an absent or empty place if need be. Two at once end with one marker. */
export async function ensureMarker(store: Store, clock: Clock): Promise<Marker> {
  try {
    return await readMarker(store)
  } catch (error) {
    if (!(error instanceof RespaldoError) || error.code !== 'repository-not-found') throw error
  }
  await store.put(readme, once(instructions))
  const fresh: Marker = { format: formatVersion, id: randomUUID(), created: clock.now().toISOString() }
  try {
    await store.put(marker, once(`${JSON.stringify(fresh, undefined, 1)}\n`), { overwrite: false })
    return fresh
  } catch (error) {
    if (error instanceof StoreConflict) return readMarker(store)
    throw error
  }
}

async function refuseForeign(store: Store): Promise<void> {
  for await (const key of store.list('', { shallow: true })) {
    // Every fresh ext4 disk has the latter.
    if (key === readme || key === 'lost+found/') continue
    throw new RespaldoError(
      'input-invalid',
      `${store.name} is not empty and not a repository: it holds ${key}`,
      {
        hint: 'Name an empty or absent folder, or an existing repository, with --dir.',
      },
    )
  }
}

function parseMarker(bytes: Buffer, name: string): Marker {
  const found = parseJson(bytes)
  if (typeof found?.format === 'number' && found.format > formatVersion) throw tooNew(name, found.format)
  if (found?.format === formatVersion && typeof found.id === 'string') return found as Marker
  throw damagedMarker(name)
}

const damagedMarker = (name: string): RespaldoError =>
  new RespaldoError('data-corrupt', `${name}: ${marker} is damaged`, {
    hint: `The backups are readable without it: see ${readme}. Put the file back from a copy of the repository.`,
  })

function parseJson(bytes: Buffer): Partial<Marker> | undefined {
  try {
    return JSON.parse(bytes.toString()) as Partial<Marker>
  } catch {
    return undefined // not JSON: the caller says that it is damaged
  }
}
