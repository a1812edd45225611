import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { warn } from '#lib/events'
import { type Context, createFunction } from '#lib/http/create-function'
import { type Catalog, type Damaged, findBackup } from '#lib/repository/catalog'
import { problemOf } from '#lib/repository/findings'
import { manifestKey } from '#lib/repository/layout'
import { assertPassed } from '#lib/steps/assert-passed'
import { openVerifier } from '#lib/steps/verify-backup'
import { level } from './input.ts'

const input = z.object({
  backup: z.string().min(1).optional().describe('id, name, or latest'),
  source: z.string().min(1).optional().describe('whose backup'),
  all: z.boolean().optional().describe('every backup, of the source or of all'),
  level: level.optional().describe('how far; up to readable no server is needed'),
})

/** Verifies one backup or all, and keeps a proof of each. `data-corrupt`, with every outcome in its context, when one failed. */
export const verify = createFunction({
  name: 'verify',
  method: 'POST',
  summary: 'Verify backups and keep the proof',
  input,
  async run(input, context) {
    const repository = await context.services.repository({ create: false })
    const catalog = await repository.catalog(input.source)
    const chosen = input.all ? everything(input, catalog) : [findBackup(catalog, input.backup, input.source)]
    const { verify } = openVerifier(context, repository, catalog.backups)
    const verified = []
    for (const manifest of chosen)
      try {
        verified.push(await verify(manifest, input.level ?? 'readable'))
      } catch (error) {
        if (!input.all || !isRemoved(error)) throw error
        context.report({ type: 'warning', message: error.message })
      }
    if (input.all) for (const damaged of catalog.damaged) verified.push(unreadable(damaged, context))
    assertPassed(verified)
    return { verified }
  },
})

function everything({ backup }: z.infer<typeof input>, { backups, damaged }: Catalog) {
  if (backup !== undefined) throw new RespaldoError('input-invalid', 'backup and all exclude each other')
  if (backups.length + damaged.length > 0) return backups.toReversed()
  throw new RespaldoError('backup-not-found', 'There is no backup to verify', {
    hint: 'Make one with `respaldo create`.',
  })
}

/** Retention goes on while all are verified. */
const isRemoved = (error: unknown): error is RespaldoError =>
  error instanceof RespaldoError && error.code === 'backup-not-found'

/** Of a backup whose manifest cannot be read there is nothing to keep a proof of: `list` says so by itself. */
function unreadable({ source, id, error }: Damaged, { report }: Context) {
  warn(report, error)
  const problem = problemOf(error, manifestKey(source, id), [`${source}/${id}`])
  return { source, id, verdict: 'failed' as const, problems: [problem] }
}
