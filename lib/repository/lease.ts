import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { RespaldoError, throwIfAborted } from '../errors.ts'
import type { Report, RunEvent } from '../events.ts'
import { type Store, StoreConflict } from '../store/store.ts'
import { freeLease, type HeldLease, keepLease, type Lease } from './lease-holding.ts'
import {
  deadRunsOf,
  describe,
  type FoundLease,
  type Holder,
  newestLease,
  writeLease,
} from './lease-object.ts'
import { openWatch } from './lease-watch.ts'

export { expiry, renewEvery } from './lease-times.ts'
export type { Holder, Lease }

/** Who asks for which lease, and how. */
export interface LeaseRequest {
  source: string
  run: string
  holder: Holder
  /** False: that process is gone. Undefined: it cannot be told, as on another host. */
  isAlive: (holder: Holder) => boolean | undefined
  /** Wait until the source is free instead of failing. */
  wait: boolean
  /** Ends the wait; the lease itself does not depend on it. */
  signal?: AbortSignal | undefined
  report: Report
}

/**
 * Takes the lease that guards writing to a source. `repository-locked` names who holds it, unless `wait` was asked for.
 *
 * What always holds:
 * 1. The lease is the object of the highest generation; lower ones mean nothing. Who takes it creates the next generation with
 *    `overwrite: false`, so of many exactly one wins, and then looks once more: it holds the lease only if what lies highest has its token.
 * 2. The highest generation is never deleted, so generations only grow. A release is written into the object. Who took generation n
 *    deletes those below n - 1; n - 1 stays, so that no listing that runs meanwhile can miss both the old and the new one.
 * 3. A holder writes no object but its own, and only after it found it to be the highest. One that stood still and writes too late
 *    overwrites or brings back a lower generation, which means nothing by 1; it can harm no successor.
 * 4. A holder that could not renew for an `expiry` has lost the lease, also when nobody took it. Its time counts from before a renewal, the
 *    observer's from after it read that renewal to before it reads the same again: so the holder gives up before anybody takes over.
 * 5. Both measure on their own monotonic clocks. No wall clock is ever compared; `since` is for people.
 * 6. Taken at once are a lease that was released and one whose process is known to be gone. One that cannot be read is judged by 4.
 *
 * What remains: a holder that stands still between `assertHeld` and the one write after it. That write must be harmless then: a manifest
 * with `overwrite: false` under an id of its own is.
 */
export async function acquireLease(store: Store, clock: Clock, request: LeaseRequest): Promise<Lease> {
  const token = randomUUID()
  const watch = observer(clock, request)
  let own: HeldLease | undefined
  try {
    for (;;) {
      throwIfAborted(request.signal)
      const asked = clock.monotonic()
      const found = await newestLease(store, request.source)
      // Also true when a write was done, its answer lost, and its repetition a conflict with itself.
      if (own && found?.document?.token === token) break
      const verdict = watch.judge(found, asked)
      if (verdict === 'held') await watch.pause()
      else {
        own = claim(clock, request, { token, found, isTakeover: verdict === 'dead' })
        await create(store, request.source, own)
      }
    }
  } catch (error) {
    // It may have been written all the same; if not, the next one waits until it expires.
    if (own) await freeLease(store, request.source, own).catch(() => {})
    throw error
  }
  if (own.previous) request.report(takenOver(request.source, own.previous))
  return keepLease(store, clock, request.source, own)
}

/** Judges one lease, look by look. */
function observer(clock: Clock, request: LeaseRequest) {
  const watch = openWatch(clock)
  let told: string | undefined

  function judge(found: FoundLease | undefined, asked: number): 'free' | 'dead' | 'held' {
    const sign = watch.look(found ? `${found.generation} ${found.text}` : '', asked)
    if (!found || found.document?.released) return 'free'
    if (found.document && request.isAlive(found.document.holder) === false) return 'dead'
    if (sign === 'expired') return 'dead'
    if (sign === 'changed' && !request.wait) throw locked(request.source, found)
    tell(found)
    return 'held'
  }

  function tell(found: FoundLease): void {
    const message = `Waiting for ${request.source}: ${describe(found)}`
    if (message !== told) request.report({ type: 'step', step: 'lease', message })
    told = message
  }

  return { judge, pause: () => watch.pause(request.signal) }
}

/** The next generation in the name of this run, not yet written. */
function claim(
  clock: Clock,
  { run, holder }: LeaseRequest,
  { token, found, isTakeover }: { token: string; found: FoundLease | undefined; isTakeover: boolean },
): HeldLease {
  const dead = isTakeover ? found?.document : undefined
  return {
    generation: (found?.generation ?? 0) + 1,
    renewed: clock.monotonic(),
    previous: dead && { run: dead.run, holder: dead.holder },
    document: {
      run,
      token,
      holder,
      since: clock.now().toISOString(),
      beat: 0,
      deadRuns: dead ? deadRunsOf(dead) : (found?.document?.deadRuns ?? []),
    },
  }
}

/** Losing against another is no failure: the next look tells. */
async function create(store: Store, source: string, own: HeldLease): Promise<void> {
  try {
    await writeLease(store, source, own, { overwrite: false })
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
  }
}

function takenOver(source: string, { run, holder }: NonNullable<Lease['previous']>): RunEvent {
  const who = `${holder.function} run ${run} on ${holder.host} (process ${holder.pid})`
  return {
    type: 'warning',
    message: `${who} died or stood still while it held ${source}: this run took over`,
  }
}

function locked(source: string, found: FoundLease): RespaldoError {
  const { holder, run, since } = found.document ?? {}
  const who = { host: holder?.host, pid: holder?.pid, function: holder?.function }
  return new RespaldoError('repository-locked', `${source} is in use: ${describe(found)}`, {
    hint: 'Wait until it has ended, or add --wait.',
    context: { source, ...who, run, since },
  })
}
