import type { Context } from '../http/create-function.ts'
import { openFindings } from '../repository/findings.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Level } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import { type Checked, openVerification } from '../repository/verification.ts'
import { type Content, type ExaminedContent, openContent, type Trial } from './examined-content.ts'

/** What was found of one backup. */
export interface Examined extends Checked {
  evidence: Evidence
}

/** What was read and compared, as far as it went. */
export type Evidence = {
  objects: number
  chunks: number
  rawBytes: number
} & Partial<Content> & { restored?: Trial }

/** Goes level by level, and no further than the first at which something is wrong. `backups` are the catalog's. */
export function openExamination(context: Context, repository: Repository, backups: readonly Manifest[]) {
  const verification = openVerification(repository.store, backups, context)

  return async (manifest: Manifest, level: Level): Promise<Examined> => {
    const subject = level === 'checked' ? undefined : openContent(context, repository, manifest)
    const { problems, stray } = await verification.check(manifest, subject?.watch)
    const evidence = {
      objects: Object.keys(manifest.objects).length + 1,
      chunks: manifest.chunks.count,
      rawBytes: manifest.sizes.raw,
    }
    if (!subject || problems.length > 0) return { problems, stray, evidence }
    const seen = await beyond(manifest, level, subject)
    return { problems: seen.problems, stray, evidence: { ...evidence, ...seen.content } }
  }
}

/** What the data holds beside what is known of it, and what comes of it when it is restored. */
async function beyond(manifest: Manifest, level: Level, subject: ExaminedContent) {
  const { look, problems } = openFindings([manifest], manifest.source.id) // what builds on it may hold other content
  const { name } = manifest.objects.data
  const content = await look(manifest.id, name, subject.content)
  const isAsked = level === 'restored' && content
  const restored = isAsked && (await look(manifest.id, name, subject.trial))
  return { problems, content: { ...content, ...(restored ? { restored } : {}) } }
}
