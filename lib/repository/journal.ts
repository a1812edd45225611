import { collect } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { MissingObject, type Store } from '../store/store.ts'
import type { Halted, Workload, WorkloadsPlace } from '../volumes/volume.ts'
import { quiesceFolder, quiesceKey } from './layout.ts'
import type { Holder } from './lease-object.ts'
import { patiently } from './lease-times.ts'
import { openSignOfLife } from './sign-of-life.ts'

/**
 * What one run made to rest. `resting`: nobody may start it; `resuming`: its run is starting it; `left`: its run gave up, and the next one
 * has to.
 */
export interface QuiesceEntry {
  run: string
  holder: Holder
  place: WorkloadsPlace
  state: 'resting' | 'resuming' | 'left'
  /** In the order in which they come to rest. */
  halted: readonly Halted[]
  /** Those whose command `respaldo.exec-after` is still to be run, in that order too. */
  after: readonly Workload[]
}

/** An entry as it lies in the store. */
export interface FoundEntry {
  key: string
  /** Undefined when it is not readable: of a newer version, or damaged. */
  entry: QuiesceEntry | undefined
}

/** The entry of a run that works on it. */
export interface OpenEntry {
  key: string
  entry: QuiesceEntry
  /** Writes it anew as changed. Rejects when the store does. */
  change(changes: Partial<Pick<QuiesceEntry, 'state' | 'halted' | 'after'>>): Promise<void>
  /** Ends the work on it: nothing is left to do. Never throws. */
  clear(): Promise<void>
  /** Ends the work on it: the next run has to go on. Never throws. */
  leave(rest: Pick<QuiesceEntry, 'halted' | 'after'>): Promise<void>
}

/** What a newer version changed in a way that this one would get wrong has a larger number. */
const format = 1

/** Writes an entry and shows from then on that its run lives, as a lease does. */
export async function openEntry(store: Store, clock: Clock, first: QuiesceEntry): Promise<OpenEntry> {
  const key = quiesceKey(first.run)
  const since = clock.now().toISOString()
  const now = { ...first }
  const sign = await openSignOfLife(store, clock, key, () => ({ format, ...now, since }))
  const change: OpenEntry['change'] = changes => {
    Object.assign(now, changes)
    return sign.write()
  }
  return {
    key,
    entry: now,
    change,
    clear: () => sign.end(() => store.delete([key])),
    async leave(rest) {
      await patiently(clock, change({ ...rest, state: 'left' }))
      await sign.end(async () => {})
    },
  }
}

/** Every entry, by its run. */
export async function readEntries(store: Store): Promise<FoundEntry[]> {
  const found: FoundEntry[] = []
  for await (const key of store.list(quiesceFolder)) {
    const text = await readEntry(store, key)
    if (text !== undefined) found.push({ key, entry: parseEntry(text) })
  }
  return found
}

/** The text of an entry; undefined when it is gone. */
export async function readEntry(store: Store, key: string): Promise<string | undefined> {
  try {
    return (await collect(store.get(key), 1024 * 1024)).toString()
  } catch (error) {
    if (error instanceof MissingObject) return undefined
    if (error instanceof RangeError) return ''
    throw error
  }
}

/** What an entry's text says; undefined when it is not readable. */
export function parseEntry(text: string): QuiesceEntry | undefined {
  try {
    const found = JSON.parse(text) as (Partial<QuiesceEntry> & { format?: number }) | null
    const isEntry =
      found?.format === format &&
      typeof found.run === 'string' &&
      typeof found.holder?.host === 'string' &&
      typeof found.place?.environment === 'string' &&
      Array.isArray(found.halted) &&
      Array.isArray(found.after)
    return isEntry ? (found as QuiesceEntry) : undefined
  } catch {
    return undefined // told by who would have to go on with it
  }
}
