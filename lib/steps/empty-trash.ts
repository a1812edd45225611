import { throwIfAborted } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { readCatalog } from '../repository/catalog.ts'
import { builtOn } from '../repository/chain.ts'
import { chainsInUse } from '../repository/read-lease.ts'
import { destroy, type Forgotten, isDue, readTrash } from '../repository/trash.ts'
import type { Store } from '../store/store.ts'
import type { HeldSource } from './session.ts'

/** What became of the forgotten backups that were due, as ids. */
export interface Emptied {
  emptied: readonly string[]
  /** Somebody reads these or what builds on them, or a backup that is there does build on them. */
  spared: readonly string[]
}

/** Which forgotten backups of a source go for good: those whose time is over, or all. Newest first. */
export async function dueInTrash(
  store: Store,
  { services, report }: Context,
  source: string,
  options: { all: boolean },
): Promise<readonly Forgotten[]> {
  const { forgotten, damaged } = await readTrash(store, source)
  for (const { error } of damaged) warn(report, error)
  return forgotten.filter(one => options.all || isDue(one, services.clock.now()))
}

/** Deletes them for good, but for those of chains that somebody reads. Under the source's lease. */
export async function emptyTrash(
  store: Store,
  { services, report }: Context,
  held: HeldSource,
  due: readonly Forgotten[],
): Promise<Emptied> {
  if (due.length === 0) return { emptied: [], spared: [] }
  const source = due[0]!.manifest.source.id
  report({ type: 'step', step: 'trash', message: `Emptying the trash of ${source}` })
  const chains = new Set(due.map(({ manifest }) => manifest.chain))
  const { signal } = held
  const inUse = await chainsInUse(store, services.clock, {
    source,
    chains,
    isAlive: services.isAlive,
    signal,
  })
  const { backups } = await readCatalog(store, source)
  // Nobody should: a run that stood still for long may have forgotten it after its lease was another's.
  const isNeeded = ({ manifest }: Forgotten) => builtOn(manifest, backups).length > 0
  const isSpared = (one: Forgotten) => inUse.has(one.manifest.chain) || isNeeded(one)
  const going = due.filter(one => !isSpared(one))
  for (const one of going) {
    throwIfAborted(signal)
    await held.assertHeld()
    await destroy(store, one)
  }
  return { emptied: going.map(idOf), spared: due.filter(isSpared).map(idOf) }
}

const idOf = ({ manifest }: Forgotten): string => manifest.id
