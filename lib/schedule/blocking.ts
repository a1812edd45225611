import type { Clock } from '../clock.ts'
import { openWatch } from '../repository/lease-watch.ts'
import type { RunHolder } from '../runs/record.ts'
import type { Store } from '../store/store.ts'
import type { Firing } from './firing.ts'
import { type FoundFiring, readFiring } from './firing-object.ts'

/** Who asks whether an earlier firing goes on. */
export interface Asking {
  store: Store
  clock: Clock
  holder: RunHolder
  /** See `Services.isAlive`. */
  isAlive(holder: RunHolder): boolean | undefined
  signal: AbortSignal
}

/**
 * The moment of the firing of the same schedule that still goes on, if one does: the one claimed before, or what blocked that one. One of
 * another runner goes on when it shows a sign of life, which is waited for.
 */
export async function blockingFiring(
  schedule: string,
  before: Date | undefined,
  asking: Asking,
): Promise<string | undefined> {
  const last = before && (await readFiring(asking.store, schedule, before))?.firing
  if (!last) return undefined
  const at = last.state === 'claimed' ? last.at : last.blockedBy
  return at !== undefined && (await goesOn(schedule, new Date(at), asking)) ? at : undefined
}

async function goesOn(
  schedule: string,
  at: Date,
  { store, clock, holder, isAlive, signal }: Asking,
): Promise<boolean> {
  const watch = openWatch(clock)
  for (;;) {
    const asked = clock.monotonic()
    const found = await readFiring(store, schedule, at)
    if (!found || isOver(found)) return false
    if (found.firing && isSame(found.firing.holder, holder)) return true
    if (found.firing && isAlive(found.firing.holder) === false) return false
    const sign = watch.look(found.text, asked)
    if (sign === 'changed' || sign === 'expired') return sign === 'changed'
    await watch.pause(signal)
  }
}

const isOver = ({ firing }: FoundFiring): boolean => firing !== undefined && firing.state !== 'claimed'

const isSame = (one: Firing['holder'], other: Firing['holder']): boolean =>
  one.host === other.host && one.pid === other.pid && one.startedAt === other.startedAt
