import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import type { Damaged } from '#lib/repository/catalog'
import { type Manifest, scopeKey } from '#lib/repository/manifest'
import { readProofs } from '#lib/repository/proofs'
import type { Repository } from '#lib/repository/repository'
import { readTrash } from '#lib/repository/trash'
import { planRetention } from '#lib/retention/plan'
import { retentionPolicy } from '#lib/retention/policy'
import type { Services } from '#lib/services'
import { type RetentionFacts, readRetentionFacts } from '#lib/steps/retention-facts'

/** Lists backups, newest first, and those whose manifest is damaged beside them; on demand those that were forgotten. */
export const list = createFunction({
  name: 'list',
  method: 'GET',
  summary: 'List backups, newest first',
  input: z.object({
    source: z.string().min(1).optional().describe('only backups of this source'),
    type: z.enum(['full', 'incremental']).optional().describe('only backups of this type'),
    name: z.string().min(1).optional().describe('only backups of this name'),
    kind: z.enum(['regular', 'safety']).optional().describe('only backups of this kind'),
    trash: z.boolean().optional().describe('forgotten backups instead, which can be brought back'),
    verbose: z.boolean().optional().describe('whole manifests and proofs'),
  }),
  async run({ source, type, name, kind, trash, verbose }, { services }) {
    const repository = await services.repository({ create: false })
    const wanted = (backup: Manifest) =>
      (type ?? backup.type) === backup.type &&
      (kind ?? backup.kind) === backup.kind &&
      (name === undefined || name === backup.name)
    const show = verbose ? described : shown
    if (trash) {
      const { forgotten, damaged } = await readTrash(repository.store, source)
      const some = forgotten.filter(({ manifest }) => wanted(manifest))
      return {
        trash: some.map(({ manifest, forgotten, reason }) => ({ ...show(manifest), forgotten, why: reason })),
        ...broken(damaged),
      }
    }
    const facts = await readRetentionFacts(repository, source)
    const known = knownOf(facts, services)
    const backups = facts.manifests.filter(wanted).map(backup => ({ ...show(backup), ...known(backup) }))
    return {
      backups: verbose ? await withProofs(repository, backups) : backups,
      ...broken(facts.damaged),
    }
  },
})

const broken = (damaged: readonly Damaged[]) =>
  damaged.length > 0
    ? { damaged: damaged.map(({ source, id, error }) => ({ source, id, message: error.message })) }
    : {}

/** What is known of a backup beside its manifest: its soundness, whether it is pinned, and the words of the rules that want it. */
function knownOf({ backups, standings }: RetentionFacts, { retention, timeZone, clock }: Services) {
  // With a minimum, because rules that keep nothing are no reason not to list; it has no label.
  const policy = retentionPolicy([{ minimum: 1 }, retention], timeZone)
  const { keep } = planRetention(backups, policy, clock.now(), { held: new Set() })
  const kept = new Map(keep.map(one => [`${one.backup.source}/${one.backup.id}`, one]))
  return ({ source, id }: Manifest) => {
    const reference = `${source.id}/${id}`
    const { proven = false, ...proof } = standings.get(reference) ?? {}
    const one = kept.get(reference)
    return { proven, proof, pinned: one?.backup.pinned ?? false, retention: one?.labels ?? [] }
  }
}

/** A backup without what only who reads its files needs. */
function shown(backup: Manifest) {
  const { objects: _, chunks: _chunks, archive: _archive, format: _format, ...rest } = described(backup)
  return rest
}

/** A backup's manifest, flat where programs look first. */
function described(backup: Manifest) {
  return {
    ...backup,
    source: backup.source.id,
    origin: backup.source,
    scope: scopeKey(backup.scope),
    parts: backup.scope,
  }
}

async function withProofs({ store }: Repository, backups: readonly { source: string; id: string }[]) {
  const all = []
  for (const backup of backups)
    all.push({ ...backup, proofs: await readProofs(store, backup.source, backup.id) })
  return all
}
