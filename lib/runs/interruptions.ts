import type { Clock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { openWatch } from '../repository/lease-watch.ts'
import type { Store } from '../store/store.ts'
import { interruptedRecord } from './outcome.ts'
import { isOver, type RunHolder, type RunRecord } from './record.ts'
import { readRun, writeRun } from './run-object.ts'
import { type FoundRunner, readRunners } from './runner-object.ts'

/** Finds the runs whose runners died. */
export interface Interruptions {
  /** Marks them as interrupted and returns their records, once. */
  mark(): Promise<readonly RunRecord[]>
}

/** Who looks. */
export interface InterruptionOptions {
  /** The key of the looking runner's own object. */
  own: string
  /** See `Services.isAlive`. */
  isAlive(holder: RunHolder): boolean | undefined
}

/**
 * Judges runners as leases are judged: dead at once when the process is known to be gone, else when its object did not change for an expiry of
 * the observer's own clock. A runner that only stood still for so long has the last word all the same: it writes its records over.
 */
export function openInterruptions(
  store: Store,
  clock: Clock,
  { own, isAlive }: InterruptionOptions,
): Interruptions {
  const watches = new Map<string, ReturnType<typeof openWatch>>()

  function isDead({ key, text, document }: FoundRunner, asked: number): boolean {
    if (document && isAlive(document.holder) === false) return true
    const watch = watches.get(key) ?? openWatch(clock)
    watches.set(key, watch)
    return watch.look(text, asked) === 'expired'
  }

  async function mark(): Promise<readonly RunRecord[]> {
    const marked: RunRecord[] = []
    const seen = new Set<string>()
    const asked = clock.monotonic()
    for await (const found of readRunners(store)) {
      seen.add(found.key)
      if (found.key === own || !isDead(found, asked)) continue
      marked.push(...(await interrupt(store, found, clock.now())))
      await store.delete([found.key])
    }
    for (const key of watches.keys()) if (!seen.has(key)) watches.delete(key)
    return marked
  }

  return { mark }
}

async function interrupt(store: Store, { document }: FoundRunner, now: Date): Promise<RunRecord[]> {
  const marked: RunRecord[] = []
  for (const id of document?.runs ?? []) {
    const record = await readRun(store, id)
    if (!record || isOver(record.state)) continue
    const interrupted = interruptedRecord(record, died(record), now)
    await writeRun(store, interrupted)
    marked.push(interrupted)
  }
  return marked
}

const died = ({ holder, state }: RunRecord): RespaldoError =>
  new RespaldoError(
    'runner-unavailable',
    `The runner on ${holder.host} (process ${holder.pid}) died while the run was ${state}`,
    {
      hint:
        state === 'queued'
          ? 'It never began: start it again.'
          : 'What it did until then is cleared up by the next run on the same source: start it again.',
    },
  )
