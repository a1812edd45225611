import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import { onlooker } from '../postgres/walk.ts'
import { groupsDisagreement, rowsDisagreement } from '../repository/agreement.ts'
import { changedFile } from '../repository/damage.ts'
import { backupFolder } from '../repository/layout.ts'
import {
  type DatabaseManifest,
  isDatabase,
  type Manifest,
  type VolumeManifest,
} from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Watch } from '../repository/verification.ts'
import { volumeWalker } from '../volumes/volume-walker.ts'
import { onlookerBy } from '../walker.ts'
import { cameBack } from './came-back.ts'
import { type TrialEvidence, trialRestore } from './trial-restore.ts'
import { trialVolume, type VolumeTrialEvidence } from './volume-trial.ts'

/** What a backup's data is beside bytes. */
export interface ExaminedContent {
  /** Is given the data while it is read. */
  watch: Watch
  /** What it held, once it was read to its end. Throws unless it is whole and holds what the backup's tables say. */
  content(): Promise<Content>
  /** Throws unless it comes back as it is. */
  trial(): Promise<Trial>
}

/** What a backup holds, in numbers. */
export type Content =
  | { tables: number; rows: number | undefined; largeObjects: number }
  | { entries: number; bytes: number }

/** What a trial restore showed. */
export type Trial = TrialEvidence | VolumeTrialEvidence

/** The content of a backup by what it is one of. */
export function openContent(context: Context, repository: Repository, manifest: Manifest): ExaminedContent {
  return isDatabase(manifest)
    ? ofDatabase(context, repository, manifest)
    : ofVolume(context, repository, manifest)
}

function ofDatabase(context: Context, repository: Repository, manifest: DatabaseManifest): ExaminedContent {
  const { watch, end } = onlooker(manifest.archive.format)
  const where = dataFile(manifest)
  return {
    watch,
    async content() {
      const walk = end()
      if (!walk.complete) throw notWalked(where, walk.version)
      const different = rowsDisagreement(walk.tables, await repository.contents(manifest).tables())
      if (different) throw contradicted(where, different)
      const { tables, rows } = manifest.totals
      return { tables, rows, largeObjects: walk.largeObjects.count }
    },
    trial: () =>
      cameBack(`${manifest.source.id}/${manifest.id}`, () => trialRestore(context, { repository, manifest })),
  }
}

function ofVolume(context: Context, repository: Repository, manifest: VolumeManifest): ExaminedContent {
  const { watch, end } = onlookerBy(volumeWalker())
  return {
    watch,
    async content() {
      const { tables, entries, bytes } = end()
      const different = groupsDisagreement(tables, await repository.contents(manifest).tables())
      if (different) throw contradicted(dataFile(manifest), different)
      return { entries, bytes }
    },
    trial: () => trialVolume(context, { repository, manifest }),
  }
}

const dataFile = ({ source, id, objects }: Manifest): string =>
  backupFolder(source.id, id) + objects.data.name

const contradicted = (where: string, different: string): RespaldoError =>
  changedFile(where, `it does not hold what its tables say: ${different}`)

const notWalked = (where: string, version: string): RespaldoError =>
  new RespaldoError(
    'version-mismatch',
    `${where}: its archive has version ${version}, which cannot be walked`,
    {
      hint: 'Use a newer version of Respaldo, or verify it with --level checked.',
    },
  )
