import type { Clock } from '../clock.ts'
import { renewEvery, slept } from '../repository/lease-times.ts'
import type { Store } from '../store/store.ts'
import { endedFiring, type Firing } from './firing.ts'
import { writeFiring } from './firing-object.ts'

/** What the repository says of a firing that this runner is at. */
export interface FiringRecord {
  /** Notes a run that came of it. */
  add(run: string): Promise<void>
  /** Notes how it ended, as often as the store needs to be asked. Returns it. */
  end(end: Parameters<typeof endedFiring>[2]): Promise<Firing>
}

/** What keeping a firing needs. */
export interface KeepingOptions {
  store: Store
  clock: Clock
  /** Told what could not be written; it is tried again. */
  onProblem(error: unknown): void
  /** Aborted when the process is about to end, which then waits for no store. */
  stop: AbortSignal
}

/** Shows a sign of life until it ends, as the holder of a lease does. */
export function openFiringRecord(
  claimed: Firing,
  { store, clock, onProblem, stop }: KeepingOptions,
): FiringRecord {
  const over = new AbortController()
  let firing = claimed
  let written = Promise.resolve()

  /** One after the other, so that no sign of life is written over the end. */
  function write(next: Firing): Promise<void> {
    firing = next
    written = written.catch(() => {}).then(() => writeFiring(store, firing))
    return written
  }

  async function beat(): Promise<void> {
    while (await slept(clock, renewEvery, over.signal))
      await write({ ...firing, beat: firing.beat + 1 }).catch(onProblem)
  }

  async function end(how: Parameters<typeof endedFiring>[2]): Promise<Firing> {
    over.abort()
    const ended = endedFiring(firing, clock.now(), how)
    for (;;) {
      try {
        await write(ended)
        return ended
      } catch (error) {
        onProblem(error)
        if (stop.aborted) return ended
        await slept(clock, renewEvery, stop)
      }
    }
  }

  void beat()
  return { add: run => write({ ...firing, runs: [...firing.runs, run] }), end }
}
