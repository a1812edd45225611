import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { type Manifest, scopeKey } from '#lib/repository/manifest'

/** Lists backups, newest first, and those whose manifest is damaged beside them. */
export const list = createFunction({
  name: 'list',
  method: 'GET',
  summary: 'List backups, newest first',
  input: z.object({
    source: z.string().min(1).optional().describe('only backups of this source'),
    type: z.enum(['full', 'incremental']).optional().describe('only backups of this type'),
    name: z.string().min(1).optional().describe('only backups of this name'),
    kind: z.enum(['regular', 'safety']).optional().describe('only backups of this kind'),
    verbose: z.boolean().optional().describe('whole manifests'),
  }),
  async run({ source, type, name, kind, verbose }, { services }) {
    const repository = await services.repository({ create: false })
    const { backups, damaged } = await repository.catalog(source)
    const wanted = (backup: Manifest) =>
      (type ?? backup.type) === backup.type &&
      (kind ?? backup.kind) === backup.kind &&
      (name === undefined || name === backup.name)
    return {
      backups: backups.filter(wanted).map(verbose ? described : shown),
      ...(damaged.length > 0
        ? { damaged: damaged.map(({ source, id, error }) => ({ source, id, message: error.message })) }
        : {}),
    }
  },
})

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
    proven: false,
  }
}
