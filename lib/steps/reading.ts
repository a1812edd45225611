import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import { isInPlace } from '../repository/catalog.ts'
import type { Manifest } from '../repository/manifest.ts'
import { announceReading } from '../repository/read-lease.ts'
import type { Repository } from '../repository/repository.ts'

/**
 * Makes sure that a backup and all that it builds on can be read until this is disposed of, also when it is forgotten meanwhile. Every function
 * that reads a backup's data without holding its source begins with this. `backup-not-found` when it is gone already.
 */
export async function openReading(
  { services }: Context,
  repository: Repository,
  { source, id, chain }: Manifest,
  operation: string,
): Promise<AsyncDisposable> {
  const reading = await announceReading(repository.store, services.clock, {
    source: source.id,
    backup: id,
    chain,
    run: services.newRun(),
    holder: { ...services.holder, function: operation },
  })
  try {
    if (await isInPlace(repository.store, { source: source.id, id })) return reading
    throw new RespaldoError('backup-not-found', `${source.id}/${id} was removed a moment ago`, {
      hint: `Bring it back with \`respaldo undo ${id}\`, or name another one.`,
    })
  } catch (error) {
    await reading[Symbol.asyncDispose]()
    throw error
  }
}
