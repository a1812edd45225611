import { RespaldoError } from '../errors.ts'
import type { Damaged } from '../repository/catalog.ts'
import { manifestKey } from '../repository/layout.ts'
import { type Manifest, recordsOf, scopeKey } from '../repository/manifest.ts'
import { readMarks } from '../repository/marks.ts'
import { readStandings, type Standing } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import type { RetentionBackup } from '../retention/backup.ts'

/** What retention decides on. */
export interface RetentionFacts {
  /** Newest first, in the order of the manifests. */
  backups: readonly RetentionBackup[]
  manifests: readonly Manifest[]
  /** By `<source>/<id>`. */
  standings: ReadonlyMap<string, Standing>
  damaged: readonly Damaged[]
}

/** The backups of one source, or of all, with what their proofs and users said of them. What it says of a source is true while its lease is held. */
export async function readRetentionFacts(repository: Repository, source?: string): Promise<RetentionFacts> {
  const { backups, damaged } = await repository.catalog(source)
  const pins = await readMarks(repository.store, 'pins', source)
  const accepted = await readMarks(repository.store, 'accepted', source)
  const found = await readStandings(repository.store, backups)
  const standings = new Map(backups.map(({ source, id }, at) => [`${source.id}/${id}`, found[at]!]))
  const fact = (manifest: Manifest): RetentionBackup => {
    const { source, id, parent } = manifest
    const rows = recordsOf(manifest)
    const reference = `${source.id}/${id}`
    return {
      source: source.id,
      id,
      scope: scopeKey(manifest.scope),
      kind: manifest.kind,
      type: manifest.type,
      chain: manifest.chain,
      ...(parent === undefined ? {} : { parent }),
      started: manifest.started,
      ...(rows === undefined ? {} : { rows }),
      bytes: manifest.sizes.raw,
      proven: standings.get(reference)?.proven ?? false,
      failed: standings.get(reference)?.failed !== undefined,
      pinned: pins.has(reference),
      accepted: accepted.has(reference),
    }
  }
  return { backups: backups.map(fact), manifests: backups, standings, damaged }
}

/**
 * The error of a source of which a manifest cannot be read, else undefined: what that backup builds on is not known, so nothing of the source
 * may go.
 */
export function unreadable({ damaged }: RetentionFacts): RespaldoError | undefined {
  const [first] = damaged
  if (!first) return undefined
  const keys = damaged.map(({ source, id }) => manifestKey(source, id)).join(', ')
  return new RespaldoError(
    'data-corrupt',
    `Nothing of ${first.source} is removed while this cannot be read: ${keys}`,
    {
      cause: first.error,
      hint: 'What such a backup builds on is not known. Put its manifest back from a copy of the repository, or delete its folder.',
      context: { damaged: damaged.map(({ source, id }) => `${source}/${id}`) },
    },
  )
}

/** Why a safety backup stays, whatever its age, while runs are noted in the lease of its source that died and whose traces nobody has ended. */
export const neededToRecover = 'a run died on this source, and recovering it may need this backup'
