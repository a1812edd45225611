import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import { runsToCancel, takeCancel } from './cancel-object.ts'
import { claimKey, type Key } from './claim.ts'
import { openInterruptions } from './interruptions.ts'
import { isOver, type NumberedEvent, type RunHolder, type RunRecord } from './record.ts'
import { removeRun, writeEvents, writeRun } from './run-object.ts'
import { runnerKey, writeRunner } from './runner-object.ts'

/** What a runner keeps of its runs in the repository. */
export interface Ledger {
  /**
   * Keeps a run that was just queued; before that, that it is this runner's, as `keep` does for one that was never queued. With a key, the
   * record's own id means that the key is this run's; another id, that it is that run's, and that nothing is kept of this one. Throws when
   * the store does: then there is no run.
   */
  queue(record: RunRecord, key: Key | undefined): Promise<string>
  /** Keeps what became of it, at its end with its events. Never throws: false when that could not be written; a later `tend` does. */
  keep(record: RunRecord, events?: readonly NumberedEvent[]): Promise<boolean>
  /** A sign of life while runs are open, and what could not be written before. To be called every `renewEvery` of leases. */
  tend(): Promise<void>
  /** Those of this runner's open runs that somebody asks to cancel, and why. */
  toCancel(): Promise<readonly { id: string; reason: string }[]>
  /** Marks the runs of runners that died, and returns their records. To be called every few seconds, or once. */
  interruptions(): Promise<readonly RunRecord[]>
}

/** Who keeps the ledger. */
export interface LedgerOptions {
  holder: RunHolder
  /** See `Services.isAlive`. */
  isAlive(holder: RunHolder): boolean | undefined
  /** Told what could not be kept. */
  onProblem(error: unknown): void
}

/** Opens the ledger of one runner; nothing is written before its first run. */
export function openLedger(store: Store, clock: Clock, options: LedgerOptions): Ledger {
  const runner = randomUUID()
  const open = new Set<string>()
  /** The last that is to be said of each run, until it was written. */
  const unkept = new Map<string, Unkept>()
  const writers = new Map<string, () => Promise<void>>()
  const { mark } = openInterruptions(store, clock, { ...options, own: runnerKey(runner) })
  let beat = 0
  const sayOpen = oneAtATime(() => {
    beat += 1
    return writeRunner(store, runner, { format: 1, holder: options.holder, runs: [...open], beat })
  })

  async function queue(record: RunRecord, key: Key | undefined): Promise<string> {
    open.add(record.id)
    try {
      await sayOpen()
      await writeRun(store, record)
      const winner = key ? await claimKey(store, key, record.id, clock.now()) : record.id
      if (winner !== record.id) await removed(record.id)
      return winner
    } catch (error) {
      // What cannot be removed either stays open, so that it is marked one day.
      await removed(record.id).catch(options.onProblem)
      throw error
    }
  }

  async function removed(id: string): Promise<void> {
    await removeRun(store, id)
    await close(id)
  }

  async function close(id: string): Promise<void> {
    open.delete(id)
    await sayOpen()
  }

  async function write(id: string): Promise<void> {
    const one = unkept.get(id)
    if (!one) return
    const { record, events } = one
    if (!isOver(record.state) && !open.has(id)) {
      open.add(id)
      await sayOpen()
    }
    if (events) await writeEvents(store, id, events)
    await writeRun(store, record)
    if (unkept.get(id) === one) unkept.delete(id)
    if (!isOver(record.state)) return
    writers.delete(id)
    await close(id)
  }

  /** In order, or an older record could land on a newer one. */
  function written(id: string): Promise<void> {
    const writer = writers.get(id) ?? oneAtATime(() => write(id))
    writers.set(id, writer)
    return writer().catch(options.onProblem)
  }

  async function keep(record: RunRecord, events?: readonly NumberedEvent[]): Promise<boolean> {
    unkept.set(record.id, { record, events })
    await written(record.id)
    return !unkept.has(record.id)
  }

  return {
    queue,
    keep,
    async tend() {
      for (const id of [...unkept.keys()]) await written(id)
      if (open.size > 0) await sayOpen().catch(options.onProblem)
    },
    async toCancel() {
      const asked = (await runsToCancel(store)).filter(id => open.has(id))
      return Promise.all(asked.map(async id => ({ id, reason: await takeCancel(store, id) })))
    },
    interruptions: mark,
  }
}

interface Unkept {
  record: RunRecord
  events: readonly NumberedEvent[] | undefined
}

/** Never does the work twice at a time: who asks while it is being done waits for the next time, which is for all who asked meanwhile. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    if (next) return next
    next = last
      .catch(() => {}) // told to who asked for it
      .then(() => {
        next = undefined
        return work()
      })
    last = next
    return next
  }
}
