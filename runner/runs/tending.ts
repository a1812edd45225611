import type { Clock } from '#lib/clock'
import { RespaldoError } from '#lib/errors'
import { pruneClaims } from '#lib/runs/claim'
import type { RunRecord } from '#lib/runs/record'
import { pruneRuns } from '#lib/runs/run-object'
import { type Books, booksIfAny, type openBooks } from './books.ts'
import type { LiveRun } from './live.ts'

/** What goes on beside runs has to do with. */
export interface Tended {
  clock: Clock
  open: ReturnType<typeof openBooks>
  live: ReadonlyMap<string, LiveRun>
  keepDays: number
  /** Told the records of runs that were found interrupted. */
  tell(record: RunRecord, result: unknown): void
  onProblem(error: unknown): void
}

/** Milliseconds between two rounds: so soon a run of this process is cancelled that another one was asked to cancel. */
const roundMilliseconds = 2_000

/** Rounds between two signs of life: as often as leases are renewed, or oftener. */
const beatRounds = 2

/** Rounds between two looks for dead runners. */
const lookRounds = 5

/** Rounds between two prunings: an hour. */
const pruneRounds = 1_800

/** Goes its rounds until it is stopped; what fails is tried again in the next one. */
export async function tendBooks(tended: Tended, stop: AbortSignal): Promise<void> {
  const { clock, open, onProblem } = tended
  for (let round = 0; !stop.aborted; round++) {
    for (const run of tended.live.values()) run.sample()
    try {
      const books = await booksIfAny(open)
      if (books) await oneRound(tended, books, round)
    } catch (error) {
      onProblem(error)
    }
    await slept(clock, roundMilliseconds, stop)
  }
}

async function oneRound(tended: Tended, { store, ledger }: Books, round: number): Promise<void> {
  const { clock, live, keepDays, tell } = tended
  if (round % beatRounds === 0) await ledger.tend()
  if (live.size > 0)
    for (const { id, reason } of await ledger.toCancel())
      live.get(id)?.cancel(new RespaldoError('cancelled', `The run was cancelled: ${reason}`))
  if (round % lookRounds === 0) for (const record of await ledger.interruptions()) tell(record, undefined)
  if (round % pruneRounds > 0) return
  const now = clock.now()
  await pruneRuns(store, { now, days: keepDays })
  await pruneClaims(store, now)
}

/** Sleeps; stops early, and does not throw, when the signal is aborted. */
export async function slept(clock: Clock, milliseconds: number, stop: AbortSignal): Promise<void> {
  await clock.sleep(milliseconds, stop).catch(() => {})
}
