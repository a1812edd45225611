import { errorBody, RespaldoError } from '../errors.ts'
import { type Manifest, recordsOf } from '../repository/manifest.ts'
import type { Services } from '../services.ts'

/** What the repository holds of each source, where there is one. */
export interface LastBackups {
  repository: unknown
  /** False when nobody can tell what there is. */
  isKnown: boolean
  /** The newest regular backup of a source, under the name that it has in answers. */
  lastOf(source: string): { lastBackup?: ReturnType<typeof summary> }
  /** The source, and whether it has a regular backup. */
  asSeen<S extends { id: string }>(source: S): S & { isBackedUp: boolean }
}

/** Asks the repository; one that is not there, or cannot be read, is a result. */
export async function lastBackups(services: Services): Promise<LastBackups> {
  try {
    const repository = await services.repository({ create: false })
    const { backups, damaged } = await repository.catalog()
    const facts = {
      name: repository.store.name,
      backups: backups.length,
      damaged: damaged.length,
      freeBytes: await repository.store.freeBytes(),
    }
    return known(facts, backups, true)
  } catch (error) {
    if (!(error instanceof RespaldoError)) throw error
    return known({ error: errorBody(error) }, [], error.code === 'repository-not-found')
  }
}

function known(repository: unknown, backups: readonly Manifest[], isKnown: boolean): LastBackups {
  const last = (id: string) => backups.find(({ source, kind }) => source.id === id && kind === 'regular')
  return {
    repository,
    isKnown,
    lastOf(id) {
      const found = last(id)
      return found ? { lastBackup: summary(found) } : {}
    },
    asSeen: source => ({ ...source, isBackedUp: last(source.id) !== undefined }),
  }
}

const summary = (backup: Manifest) => ({
  id: backup.id,
  finished: backup.finished,
  type: backup.type,
  [backup.source.kind === 'volume' ? 'entries' : 'rows']: recordsOf(backup),
  bytes: backup.sizes.stored,
})
