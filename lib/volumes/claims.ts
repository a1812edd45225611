import { readEntries } from '../repository/journal.ts'
import { type EntryWatch, isAtWork, untilOver } from '../repository/journal-watch.ts'
import type { Store } from '../store/store.ts'
import type { Halted } from './volume.ts'

/** What other runs have written down of workloads, by the workloads' ids. */
export type Claims = ReadonlyMap<string, Halted>

/** Reads what any run but one's own made to rest, or is bringing back. */
export async function readClaims(store: Store, own?: string): Promise<Claims> {
  const entries = (await readEntries(store)).filter(({ key }) => key !== own)
  return new Map(
    entries.flatMap(({ entry }) =>
      (entry?.halted ?? []).map(halted => [halted.workload.id, halted] as const),
    ),
  )
}

/** Waits until no other run is about to bring one of these back: what it starts late would not rest. */
export async function untilNobodyResumes(
  ids: ReadonlySet<string>,
  watch: EntryWatch,
  own: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { key, state } of await sharing(ids, watch.store, [own]))
    if (state === 'resuming') await untilOver(watch, key, signal)
}

/** Those of these that another run which is at work needs at rest. It brings them back. `apart`: entries that are known to be nobody else's. */
export async function neededAtRest(
  ids: ReadonlySet<string>,
  watch: EntryWatch,
  apart: readonly (string | undefined)[],
): Promise<ReadonlySet<string>> {
  const needed: string[] = []
  for (const { key, state, shared } of await sharing(ids, watch.store, apart))
    if (state === 'resting' && (await isAtWork(watch, key))) needed.push(...shared)
  return new Set(needed)
}

/** The entries of others that name some of these. */
async function sharing(ids: ReadonlySet<string>, store: Store, apart: readonly (string | undefined)[]) {
  return (await readEntries(store)).flatMap(({ key, entry }) => {
    const shared = (entry?.halted ?? []).map(({ workload }) => workload.id).filter(id => ids.has(id))
    return entry && !apart.includes(key) && shared.length > 0 ? [{ key, state: entry.state, shared }] : []
  })
}
