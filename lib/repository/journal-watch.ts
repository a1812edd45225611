import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import { parseEntry, type QuiesceEntry, readEntry } from './journal.ts'
import type { Holder } from './lease-object.ts'
import { openWatch, type Sign } from './lease-watch.ts'

/** How entries are watched. */
export interface EntryWatch {
  store: Store
  clock: Clock
  /** As for leases: see `LeaseRequest`. */
  isAlive: (holder: Holder) => boolean | undefined
}

/** Whether its run still works on an entry; where that cannot be told at once, it is watched until it shows a sign of life, or none for an expiry. */
export async function isAtWork(watch: EntryWatch, key: string, signal?: AbortSignal): Promise<boolean> {
  for await (const { entry, sign } of looks(watch, key, signal)) {
    if (!entry || entry.state === 'left' || sign === 'expired') return false
    const alive = watch.isAlive(entry.holder)
    if (alive !== undefined) return alive
    if (sign === 'changed') return true
  }
  return false
}

/** Waits until nobody works on an entry any more: it is gone or given up, its run is dead, or has shown no sign of life for an expiry. */
export async function untilOver(watch: EntryWatch, key: string, signal?: AbortSignal): Promise<void> {
  for await (const { entry, sign } of looks(watch, key, signal))
    if (!entry || entry.state === 'left' || sign === 'expired' || watch.isAlive(entry.holder) === false)
      return
}

interface Look {
  entry: QuiesceEntry | undefined
  sign: Sign
}

/** For ever, until who looks has seen enough. */
async function* looks({ store, clock }: EntryWatch, key: string, signal?: AbortSignal): AsyncGenerator<Look> {
  const watch = openWatch(clock)
  for (;;) {
    const asked = clock.monotonic()
    const text = (await readEntry(store, key)) ?? ''
    yield { entry: parseEntry(text), sign: watch.look(text, asked) }
    await watch.pause(signal)
  }
}
