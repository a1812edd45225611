import type { Clock } from '#lib/clock'
import type { ReadAnswer, Reads } from './reads.ts'

/** Functions whose answers may be given again, and whether what a run changed has to show in them at once. */
const cached: ReadonlyMap<string, 'at once' | 'soon'> = new Map([
  ['list', 'at once'],
  ['status', 'soon'],
])

/** Milliseconds for which an answer is given again. */
const oldest = 1_000

/** The next one is begun so many times earlier than it takes, so that under load nobody waits for it. */
const margin = 2

/** Queries that are remembered at once. */
const remembered = 100

/** Reads through a cache. */
export interface CachedReads {
  read: Reads
  /** A run ended: `list` has to show it. */
  forget(): void
}

interface Entry {
  name: string
  answer: { landed: number; took: number; value: ReadAnswer } | undefined
  flight: Promise<ReadAnswer> | undefined
}

/** Of the same question only one is under way at a time, however many ask. */
export function cachedReads(read: Reads, { monotonic }: Clock): CachedReads {
  const entries = new Map<string, Entry>()

  function entryOf(name: string, query: string): Entry {
    const key = name + query
    const entry = entries.get(key) ?? { name, answer: undefined, flight: undefined }
    entries.delete(key)
    entries.set(key, entry) // behind all others, so that the first is the one longest unused
    if (entries.size > remembered) entries.delete(entries.keys().next().value!)
    return entry
  }

  async function fly(entry: Entry, query: string): Promise<ReadAnswer> {
    const began = monotonic()
    try {
      const value = await read(entry.name, query)
      const landed = monotonic()
      entry.answer = { landed, took: landed - began, value }
      return value
    } finally {
      entry.flight = undefined
    }
  }

  function answered(entry: Entry, query: string): Promise<ReadAnswer> {
    const { answer } = entry
    const age = answer ? monotonic() - answer.landed : Number.POSITIVE_INFINITY
    const due = answer ? oldest - margin * answer.took : 0
    if (age > due) entry.flight ??= fly(entry, query)
    if (!answer || age >= oldest) return entry.flight!
    entry.flight?.catch(() => {}) // who comes when the answer is too old asks again
    return Promise.resolve(answer.value)
  }

  return {
    read: (name, query) => (cached.has(name) ? answered(entryOf(name, query), query) : read(name, query)),
    forget() {
      for (const [key, { name }] of entries) if (cached.get(name) === 'at once') entries.delete(key)
    },
  }
}
