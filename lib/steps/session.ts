import type { Context } from '../http/create-function.ts'
import { acquireLease, type Lease } from '../repository/lease.ts'
import { databaseBackup, type Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located, LocatedVolume } from '../services.ts'
import { restoreInput } from './restore-input.ts'
import { recoverVolume } from './volume-recovery.ts'

/** A source whose backups this run alone may change, tidy: what a dead run left of one has been cleared. */
export interface HeldSource extends AsyncDisposable {
  run: string
  /** Aborted with the run, and when the lease is lost. */
  signal: AbortSignal
  /** Aborted only when the lease is lost: for what has to come to its end once it is begun. */
  lost: AbortSignal
  /** Runs that died and left something beside the database that this holder did not end. */
  deadRuns: readonly string[]
  /** Throws `repository-locked` when another run took over. */
  assertHeld(): Promise<void>
}

/** Which function holds the source, and whether it waits for who holds it now. */
export interface HoldOptions {
  operation: string
  wait?: boolean | undefined
}

/** Takes the source's lease, and clears up after a run that died: beside the database, which has to answer, and in the repository. */
export async function holdSource(
  context: Context,
  repository: Repository,
  { source, database }: Located,
  options: HoldOptions,
): Promise<HeldSource> {
  const { services, report, signal } = context
  return hold(context, repository, source.id, options, async (lease, run) => {
    if (lease.deadRuns.length > 0) await database.endRuns(lease.deadRuns, signal)
    const safetyOf = async (reference: string) =>
      restoreInput(repository, databaseBackup(await repository.find(reference)))
    const recovery = { run, time: services.clock.now(), safetyOf, report, signal }
    for (const message of await database.restores.recover(recovery)) report({ type: 'warning', message })
    lease.deadRunsEnded()
    return []
  })
}

/** Takes a volume's lease, and clears up after runs that died: in the volume itself, beside the volumes of its environment, and in the repository. */
export function holdVolume(
  context: Context,
  repository: Repository,
  located: LocatedVolume,
  options: HoldOptions,
): Promise<HeldSource> {
  return hold(context, repository, located.source.id, options, async (lease, run) => {
    const signal = AbortSignal.any([context.signal, lease.signal])
    await recoverVolume({ ...context, signal }, repository, located, run)
    await located.volumes.sweep(context.services.isAlive, context.signal)
    lease.deadRunsEnded()
    return []
  })
}

/** Takes the source's lease for what concerns its backups alone, also when its database is gone. Dead runs are handed on to who can end them. */
export function holdBackups(
  context: Context,
  repository: Repository,
  source: string,
  options: HoldOptions,
): Promise<HeldSource> {
  return hold(context, repository, source, options, async lease => lease.deadRuns)
}

/** How a caller names one backup. */
export interface NamedBackup {
  backup: string
  source?: string | undefined
  wait?: boolean | undefined
}

/** Finds a backup (see `findBackup`) and holds its source's backups: for as long as that lasts it is there. */
export async function holdBackup(
  context: Context,
  repository: Repository,
  { backup, source, wait }: NamedBackup,
  operation: string,
): Promise<HeldSource & { manifest: Manifest }> {
  const found = await repository.find(backup, source)
  const held = await holdBackups(context, repository, found.source.id, { operation, wait })
  try {
    // Once more, because it may have been forgotten before the source was held.
    return { ...held, manifest: await repository.find(`${found.source.id}/${found.id}`, found.source.id) }
  } catch (error) {
    await held[Symbol.asyncDispose]()
    throw error
  }
}

/** `recover` returns the dead runs that it did not end. */
async function hold(
  { services, report, signal }: Context,
  repository: Repository,
  source: string,
  options: HoldOptions,
  recover: (lease: Lease, run: string) => Promise<readonly string[]>,
): Promise<HeldSource> {
  const run = services.newRun()
  const lease = await acquireLease(repository.store, services.clock, {
    source,
    run,
    holder: { ...services.holder, function: options.operation },
    isAlive: services.isAlive,
    wait: options.wait ?? false,
    signal,
    report,
  })
  try {
    const deadRuns = await recover(lease, run)
    await repository.clearUnfinished(source)
    return {
      run,
      signal: AbortSignal.any([signal, lease.signal]),
      lost: lease.signal,
      deadRuns,
      assertHeld: () => lease.assertHeld(),
      [Symbol.asyncDispose]: () => lease.release(),
    }
  } catch (error) {
    await lease.release()
    throw error
  }
}
