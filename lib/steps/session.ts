import type { Context } from '../http/create-function.ts'
import { acquireLease } from '../repository/lease.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located } from '../services.ts'
import { restoreInput } from './restore-input.ts'

/** A source that this run alone may write to, tidy: what a dead run left beside it has been ended or taken back. */
export interface HeldSource extends AsyncDisposable {
  run: string
  /** Aborted with the run, and when the lease is lost. */
  signal: AbortSignal
  /** Throws `repository-locked` when another run took over. */
  assertHeld(): Promise<void>
}

/** Takes the source's lease and clears up after a run that died. */
export async function holdSource(
  { services, report, signal }: Context,
  repository: Repository,
  { source, database }: Located,
  options: { operation: string; wait?: boolean | undefined },
): Promise<HeldSource> {
  const run = services.newRun()
  const lease = await acquireLease(repository.store, services.clock, {
    source: source.id,
    run,
    holder: { ...services.holder, function: options.operation },
    isAlive: services.isAlive,
    wait: options.wait ?? false,
    signal,
    report,
  })
  try {
    if (lease.deadRuns.length > 0) await database.endRuns(lease.deadRuns, signal)
    const safetyOf = async (reference: string) => restoreInput(repository, await repository.find(reference))
    const recovery = { run, time: services.clock.now(), safetyOf, report, signal }
    for (const message of await database.restores.recover(recovery)) report({ type: 'warning', message })
    await repository.clearUnfinished(source.id)
  } catch (error) {
    await lease.release()
    throw error
  }
  return {
    run,
    signal: AbortSignal.any([signal, lease.signal]),
    assertHeld: () => lease.assertHeld(),
    [Symbol.asyncDispose]: () => lease.release(),
  }
}
