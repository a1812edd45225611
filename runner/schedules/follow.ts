import { dayMilliseconds } from '#lib/clock'
import { planFiring, untilNext } from '#lib/schedule/due'
import { claimedFiring } from '#lib/schedule/firing'
import { claimFiring, newestFiring, pruneFirings } from '#lib/schedule/firing-object'
import { type Schedule, timesOf } from '#lib/schedule/schedule'
import { openTimes, type Times } from '#lib/schedule/times'
import type { Watchman } from '#lib/schedule/watchman'
import { slept } from '../runs/tending.ts'
import type { ClaimedFiring } from './firing-run.ts'
import type { Parts } from './parts.ts'

/** So often the clock is looked at, which may be set, and firings of other runners. */
const longestPause = 10_000

/** Milliseconds until a store that failed is asked again. */
const retryPause = 5_000

/** Milliseconds between two prunings. */
const pruneEvery = dayMilliseconds / 24

/** What following one schedule has to do with. */
export interface Following extends Pick<Parts, 'store' | 'services' | 'tell' | 'onProblem'> {
  watchman: Watchman
  /** Begins a firing that was claimed, and does not wait for it. */
  begin(claimed: ClaimedFiring): void
}

/** Claims the firings of one schedule as they become due, until it is stopped. */
export async function follow(schedule: Schedule, parts: Following, stop: AbortSignal): Promise<void> {
  const { clock } = parts.services
  const look = openLook(schedule, openTimes(schedule), parts)
  while (!stop.aborted) {
    const pause = await look().catch(error => {
      parts.onProblem(error)
      return retryPause
    })
    await slept(clock, pause, stop)
  }
}

/** Looks once at what is due, and returns for how long nothing will be. */
function openLook(schedule: Schedule, times: Times, parts: Following): () => Promise<number> {
  const { store, services, watchman } = parts
  const { clock } = services
  const began = clock.now()
  let newest: { at: Date; times: string } | undefined
  let pruned: number | undefined

  async function recall(now: Date): Promise<void> {
    const last = await newestFiring(store, schedule.name, now)
    newest = last && { at: new Date(last.at), times: last.times }
    const open = last?.state === 'claimed' ? last.at : last?.blockedBy
    if (open !== undefined) watchman.watch(schedule.name, new Date(open))
  }

  async function claim(at: Date, skip: string | undefined): Promise<void> {
    const facts = { schedule: schedule.name, times: timesOf(schedule), at, skip }
    const firing = claimedFiring({ ...facts, now: clock.now(), holder: services.holder })
    const before = newest?.at
    const isOurs = await claimFiring(store, firing)
    newest = { at, times: firing.times }
    if (!isOurs) watchman.watch(schedule.name, at)
    else if (skip === undefined) parts.begin({ schedule, firing, before })
    else parts.tell(firing)
  }

  async function prune(now: Date): Promise<void> {
    if (pruned !== undefined && clock.monotonic() - pruned < pruneEvery) return
    await pruneFirings(store, schedule.name, now)
    pruned = clock.monotonic()
  }

  return async () => {
    const now = clock.now()
    if (!newest || newest.at > now) await recall(now)
    const due = planFiring(schedule, times, { now, began, newest })
    if (due) await claim(due.at, due.skip)
    await prune(now)
    return Math.max(1, Math.min(longestPause, untilNext(schedule, times, clock.now()) ?? longestPause))
  }
}
