import type { RestoreInput } from '../postgres/database.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'

/** A backup of the repository as what a restore reads. Its small documents are read now, its data when it is opened. */
export async function restoreInput(
  repository: Repository,
  manifest: DatabaseManifest,
): Promise<RestoreInput> {
  const contents = repository.contents(manifest)
  const globals = await contents.globals()
  return {
    format: manifest.archive.format,
    open: contents.raw,
    openZstd: contents.zstd,
    rawBytes: manifest.sizes.raw,
    databaseBytes: manifest.sizes.source,
    storedBytes: manifest.type === 'full' ? manifest.sizes.stored : undefined,
    tables: await contents.tables(),
    ...(globals === undefined ? {} : { globals }),
  }
}
