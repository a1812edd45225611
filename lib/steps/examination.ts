import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import { onlooker, type WalkResult } from '../postgres/walk.ts'
import { rowsDisagreement } from '../repository/agreement.ts'
import { changedFile } from '../repository/damage.ts'
import { openFindings } from '../repository/findings.ts'
import { backupFolder } from '../repository/layout.ts'
import { type DatabaseManifest, databaseBackup, type Manifest } from '../repository/manifest.ts'
import type { Level } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import { type Checked, openVerification } from '../repository/verification.ts'
import { type TrialEvidence, trialRestore } from './trial-restore.ts'

/** What was found of one backup. */
export interface Examined extends Checked {
  evidence: Evidence
}

/** What was read and compared, as far as it went. */
export type Evidence = {
  objects: number
  chunks: number
  rawBytes: number
} & Partial<Content> & { restored?: TrialEvidence }

interface Content {
  tables: number
  rows: number | undefined
  largeObjects: number
}

/** Goes level by level, and no further than the first at which something is wrong. `backups` are the catalog's. */
export function openExamination(context: Context, repository: Repository, backups: readonly Manifest[]) {
  const verification = openVerification(repository.store, backups, context)

  /** What an archive holds beside what is known of it, and what comes of it in a database. */
  async function beyond(manifest: DatabaseManifest, level: Level, walk: () => WalkResult) {
    const { look, problems } = openFindings([manifest], manifest.source.id) // what builds on it may hold other content
    const { name } = manifest.objects.data
    const content = await look(manifest.id, name, () => contentOf(walk(), repository, manifest))
    const isAsked = level === 'restored' && content
    const restored =
      isAsked && (await look(manifest.id, name, () => cameBack(context, { repository, manifest })))
    return { problems, content: { ...content, ...(restored ? { restored } : {}) } }
  }

  return async (manifest: Manifest, level: Level): Promise<Examined> => {
    const walk = level === 'checked' ? undefined : onlooker(databaseBackup(manifest).archive.format)
    const { problems, stray } = await verification.check(manifest, walk?.watch)
    const evidence = {
      objects: Object.keys(manifest.objects).length + 1,
      chunks: manifest.chunks.count,
      rawBytes: manifest.sizes.raw,
    }
    if (!walk || problems.length > 0) return { problems, stray, evidence }
    const seen = await beyond(databaseBackup(manifest), level, walk.end)
    return { problems: seen.problems, stray, evidence: { ...evidence, ...seen.content } }
  }
}

/** Throws unless the archive is whole and its rows are those of the backup's tables. */
async function contentOf(
  walk: WalkResult,
  repository: Repository,
  manifest: DatabaseManifest,
): Promise<Content> {
  const { source, id, objects, totals } = manifest
  const where = backupFolder(source.id, id) + objects.data.name
  if (!walk.complete)
    throw new RespaldoError(
      'version-mismatch',
      `${where}: its archive has version ${walk.version}, which cannot be walked`,
      {
        hint: 'Use a newer version of Respaldo, or verify it with --level checked.',
      },
    )
  const different = rowsDisagreement(walk.tables, await repository.contents(manifest).tables())
  if (different) throw changedFile(where, `it does not hold what its tables say: ${different}`)
  return { tables: totals.tables, rows: totals.rows, largeObjects: walk.largeObjects.count }
}

/** A client that fails while it loads the backup says that it does not come back: that is what was asked. */
async function cameBack(...[context, what]: Parameters<typeof trialRestore>): Promise<TrialEvidence> {
  try {
    return await trialRestore(context, what)
  } catch (error) {
    if (!(error instanceof RespaldoError) || error.code !== 'command-failed') throw error
    const { source, id } = what.manifest
    const { message, hint, context: facts } = error
    throw new RespaldoError('data-corrupt', `${source.id}/${id} could not be restored: ${message}`, {
      hint,
      cause: error,
      context: facts,
    })
  }
}
