import type { Context } from '../http/create-function.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Level } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import { assertPassed } from './assert-passed.ts'
import { openVerifier, type Verified } from './verify-backup.ts'

/** Verifies a backup in the run that made it. Throws when it fails; it stays listed, with the failure beside it. */
export async function verifyCreated(
  backup: Manifest,
  level: Level,
  context: Context,
  repository: Repository,
): Promise<Verified> {
  const { backups } = await repository.catalog(backup.source.id)
  const verified = await openVerifier(context, repository, backups).verify(backup, level)
  assertPassed([verified])
  return verified
}
