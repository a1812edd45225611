import type { Clock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import {
  clearLeases,
  describe,
  type FoundLease,
  type Holder,
  type LeaseDocument,
  newestLease,
  writeLease,
} from './lease-object.ts'
import { expiry, lookEvery, patiently, renewEvery, slept } from './lease-times.ts'

/** The right to write to one source, until it is released or lost. See `acquireLease` for what holds. */
export interface Lease {
  generation: number
  /** The dead run whose lease this one took over. */
  previous: { run: string; holder: Holder } | undefined
  /** That run and others that died before it: what they left beside the database is still to be ended. */
  deadRuns: readonly string[]
  /** What the dead runs left has been ended: the next holder need not think of them. Until this is said, they are handed on to it. */
  deadRunsEnded(): void
  /** Aborted with `repository-locked` as soon as the lease is known to be lost. */
  signal: AbortSignal
  /** Looks once more: resolves while the newest lease is this one and in time, else throws `repository-locked`. */
  assertHeld(): Promise<void>
  /** Lets the next one in at once. Never throws, and waits a few seconds at most: a lease that could not be released expires. */
  release(): Promise<void>
}

/** A lease that was written, with what its holder knows of it. */
export interface HeldLease {
  generation: number
  document: LeaseDocument
  previous: Lease['previous']
  /** The holder's monotonic time before its last write. */
  renewed: number
}

/** Renews the lease until it is released or lost. */
export function keepLease(store: Store, clock: Clock, source: string, own: HeldLease): Lease {
  const lost = new AbortController()
  const stop = new AbortController()
  const { token, deadRuns } = own.document
  let { renewed } = own
  let failure: unknown

  function lose(error: RespaldoError): RespaldoError {
    stop.abort()
    lost.abort(error)
    return error
  }

  async function assertHeld(): Promise<void> {
    lost.signal.throwIfAborted()
    const now = await newestLease(store, source)
    if (now?.document?.token !== token || now.document.released) throw lose(taken(source, now))
    if (clock.monotonic() - renewed >= expiry) throw lose(late(source, failure))
    lost.signal.throwIfAborted()
  }

  async function renew(): Promise<void> {
    const began = clock.monotonic()
    await assertHeld()
    own.document.beat += 1
    await writeLease(store, source, own, { overwrite: true, signal: stop.signal })
    renewed = began
  }

  async function keepRenewing(): Promise<void> {
    for (let pause = renewEvery; await slept(clock, pause, stop.signal); ) {
      failure = await renew().then(
        () => undefined,
        error => error,
      )
      pause = failure === undefined ? renewEvery : lookEvery
    }
  }

  /** Apart from the renewals, because one may hang in the store. */
  async function giveUpInTime(): Promise<void> {
    const left = () => renewed + expiry - clock.monotonic()
    while (left() > 0) if (!(await slept(clock, left(), stop.signal))) return
    lose(late(source, failure))
  }

  const renewing = keepRenewing()
  const watching = giveUpInTime()
  const clearing = clearLeases(store, source, own.generation).catch(() => {}) // the next holder clears them
  return {
    generation: own.generation,
    previous: own.previous,
    deadRuns,
    deadRunsEnded() {
      own.document.deadRuns = []
    },
    signal: lost.signal,
    assertHeld,
    async release() {
      stop.abort()
      // A renewal on its way would undo the release, so it is waited for.
      const ended = Promise.all([renewing, watching, clearing])
      await patiently(
        clock,
        ended.then(() => freeLease(store, source, own)),
      )
    },
  }
}

/** Marks the lease as released, if it still is the newest. */
export async function freeLease(store: Store, source: string, own: HeldLease): Promise<void> {
  const now = await newestLease(store, source)
  if (now?.document?.token !== own.document.token || now.document.released) return
  const document: LeaseDocument = { ...own.document, released: true }
  await writeLease(store, source, { generation: own.generation, document }, { overwrite: true })
}

function taken(source: string, now: FoundLease | undefined): RespaldoError {
  const why = now ? `now ${describe(now)}` : 'it was removed'
  return new RespaldoError('repository-locked', `The lease of ${source} was lost: ${why}`, {
    hint: 'This run stood still for too long, or somebody removed its lease. Run it again when the other one has ended.',
  })
}

function late(source: string, cause: unknown): RespaldoError {
  const message = `The lease of ${source} was lost: it could not be renewed for ${expiry / 1000} seconds`
  return new RespaldoError('repository-locked', message, {
    cause,
    hint: 'This run stood still for too long, or its repository did not answer. Run it again.',
  })
}
