import { randomUUID } from 'node:crypto'
import { collect } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { readersFolder } from './layout.ts'
import type { Holder } from './lease-object.ts'
import { openWatch } from './lease-watch.ts'
import { openSignOfLife } from './sign-of-life.ts'

/** Who reads which backup. */
export interface Reading {
  source: string
  backup: string
  /** The id of its chain's full: what a backup builds on is of its chain. */
  chain: string
  run: string
  holder: Holder
}

/** What `leases/<source>/readers/<uuid>.json` says. */
interface ReadLease extends Omit<Reading, 'source'> {
  /** The reader's wall clock, for people. */
  since: string
  /** Changes with every renewal. */
  beat: number
}

/**
 * Announces that a backup is being read, and goes on saying so until it is disposed of. Who announced has to look afterwards whether the
 * backup is still in its place: who empties the trash looks for readers only after a manifest is gone, so one of both always sees the other.
 */
export async function announceReading(
  store: Store,
  clock: Clock,
  { source, ...reading }: Reading,
): Promise<AsyncDisposable> {
  const key = `${readersFolder(source)}${randomUUID()}.json`
  const since = clock.now().toISOString()
  const sign = await openSignOfLife(store, clock, key, () => ({ ...reading, since }))
  return { [Symbol.asyncDispose]: () => sign.end(() => store.delete([key])) }
}

/** Who asks for readers. */
export interface ReadersRequest {
  source: string
  /** The chains that are asked for. */
  chains: ReadonlySet<string>
  /** As for leases: see `LeaseRequest`. */
  isAlive: (holder: Holder) => boolean | undefined
  signal: AbortSignal
}

/**
 * Those of the chains that somebody reads. Their readers are watched until they show that they live or have been still for an expiry of the
 * own monotonic clock, so it takes no time where there are none; the announcements of dead ones are removed.
 */
export async function chainsInUse(
  store: Store,
  clock: Clock,
  request: ReadersRequest,
): Promise<ReadonlySet<string>> {
  const keys = await Array.fromAsync(store.list(readersFolder(request.source)))
  const inUse = await Promise.all(keys.map(key => chainsOf(store, clock, key, request)))
  return new Set(inUse.flat())
}

async function chainsOf(
  store: Store,
  clock: Clock,
  key: string,
  { chains, isAlive, signal }: ReadersRequest,
): Promise<readonly string[]> {
  const watch = openWatch(clock)
  for (;;) {
    const asked = clock.monotonic()
    const text = await read(store, key)
    if (text === undefined) return []
    const sign = watch.look(text, asked)
    const lease = parse(text)
    // One that cannot be read may be of a newer version: it is judged by its age alone, and spares everything.
    const named = lease ? [lease.chain].filter(chain => chains.has(chain)) : [...chains]
    if (named.length === 0 || sign === 'changed') return named
    if (sign === 'expired' || (lease && isAlive(lease.holder) === false)) {
      await store.delete([key])
      return []
    }
    await watch.pause(signal)
  }
}

async function read(store: Store, key: string): Promise<string | undefined> {
  try {
    return (await collect(store.get(key), 65_536)).toString()
  } catch (error) {
    if (error instanceof MissingObject) return undefined
    if (error instanceof RangeError) return ''
    throw error
  }
}

function parse(text: string): ReadLease | undefined {
  try {
    const found = JSON.parse(text) as Partial<ReadLease> | null
    const isLease = typeof found?.chain === 'string' && typeof found.holder?.host === 'string'
    return isLease ? (found as ReadLease) : undefined
  } catch {
    return undefined // judged by whether it changes
  }
}
