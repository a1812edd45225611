import type { RunHolder } from '../runs/record.ts'

/** `claimed`: a runner is at it. `interrupted`: that runner died; it is not fired again. `skipped`: nothing was done, and `why` says why. */
export type FiringState = 'claimed' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted' | 'skipped'

/** One firing of a schedule, as the repository keeps it at `schedules/<schedule>/<moment>.json`: by being there it is claimed. Times in ISO 8601. */
export interface Firing {
  format: 1
  schedule: string
  /** The scheduled moment, whenever it really happened. */
  at: string
  /** See `timesOf`. */
  times: string
  claimed: string
  holder: RunHolder
  /** Changes while its runner is at it. */
  beat: number
  /** Ids of the runs that came of it, in order. */
  runs: readonly string[]
  state: FiringState
  why?: string
  /** The scheduled moment of the firing that was still going on. */
  blockedBy?: string
  finished?: string
}

/** What a claim begins with. */
export interface ClaimFacts {
  schedule: string
  times: string
  at: Date
  now: Date
  holder: RunHolder
  skip: string | undefined
}

/** The firing as its claim writes it. */
export function claimedFiring({ schedule, times, at, now, holder, skip }: ClaimFacts): Firing {
  const claimed = now.toISOString()
  return {
    format: 1,
    schedule,
    at: at.toISOString(),
    times,
    claimed,
    holder,
    beat: 0,
    runs: [],
    ...(skip === undefined ? { state: 'claimed' } : { state: 'skipped', why: skip, finished: claimed }),
  }
}

/** The firing at its end. */
export function endedFiring(
  firing: Firing,
  now: Date,
  end: Pick<Firing, 'state'> & { why?: string | undefined; blockedBy?: string | undefined },
): Firing {
  const { state, why, blockedBy } = end
  return {
    ...firing,
    state,
    finished: now.toISOString(),
    ...(why === undefined ? {} : { why }),
    ...(blockedBy === undefined ? {} : { blockedBy }),
  }
}

/** Whether people should be told: not of what went well, nor of what was left out on purpose. */
export const isWorthTelling = ({ state, blockedBy }: Firing): boolean =>
  state !== 'succeeded' && (state !== 'skipped' || blockedBy !== undefined)
