import type { Clock } from '../clock.ts'
import { openWatch } from '../repository/lease-watch.ts'
import type { RunHolder } from '../runs/record.ts'
import type { Store } from '../store/store.ts'
import { endedFiring, type Firing } from './firing.ts'
import { type FoundFiring, firingKey, readFiring, writeFiring } from './firing-object.ts'

/** Looks after the firings that other runners have. */
export interface Watchman {
  watch(schedule: string, at: Date): void
  /** Marks those of them whose runners died as interrupted, and returns them, once. */
  mark(): Promise<readonly Firing[]>
}

interface Watched {
  schedule: string
  at: Date
  look: ReturnType<typeof openWatch>['look']
}

/**
 * Judges firings as leases are judged: deserted at once when the runner's process is known to be gone, else when the firing did not change for
 * an expiry of the observer's own clock. A runner that only stood still for so long has the last word all the same: it writes it over.
 */
export function openWatchman(
  store: Store,
  clock: Clock,
  { isAlive }: { isAlive(holder: RunHolder): boolean | undefined },
): Watchman {
  const all = new Map<string, Watched>()

  const isDeserted = ({ text, firing }: FoundFiring, look: Watched['look'], asked: number): boolean =>
    (firing !== undefined && isAlive(firing.holder) === false) || look(text, asked) === 'expired'

  async function judged(key: string, { schedule, at, look }: Watched): Promise<Firing | undefined> {
    const asked = clock.monotonic()
    const found = await readFiring(store, schedule, at)
    const isOver = !found || (found.firing !== undefined && found.firing.state !== 'claimed')
    if (!isOver && !isDeserted(found, look, asked)) return undefined
    all.delete(key)
    if (isOver || !found.firing) return undefined
    const interrupted = endedFiring(found.firing, clock.now(), {
      state: 'interrupted',
      why: died(found.firing),
    })
    await writeFiring(store, interrupted)
    return interrupted
  }

  return {
    watch(schedule, at) {
      const key = firingKey(schedule, at)
      if (!all.has(key)) all.set(key, { schedule, at, look: openWatch(clock).look })
    },
    async mark() {
      const marked = await Promise.all([...all].map(([key, one]) => judged(key, one)))
      return marked.filter(firing => firing !== undefined)
    },
  }
}

const died = ({ holder, runs }: Firing): string =>
  `its runner on ${holder.host} (process ${holder.pid}) died ${runs.length === 0 ? 'before anything ran' : `in or after the run ${runs.at(-1)}`}`
