import { z } from 'zod'
import { errorBody, RespaldoError } from '#lib/errors'
import { createFunction } from '#lib/http/create-function'
import type { Repository } from '#lib/repository/repository'
import { sourcesIn } from '#lib/repository/trash'
import type { Removed } from '#lib/retention/plan'
import { type GivenRetention, retentionPolicy } from '#lib/retention/policy'
import { type Retained, retainSource } from '#lib/steps/retention'
import { count } from './input.ts'

const input = z.object({
  source: z.string().min(1).optional().describe('only backups of this source'),
  retentionDaily: count.optional().describe('keep the newest backup of so many days'),
  retentionWeekly: count.optional().describe('keep the newest backup of so many weeks'),
  retentionMonthly: count.optional().describe('keep the newest backup of so many months'),
  retentionYearly: count.optional().describe('keep the newest backup of so many years'),
  retentionFull: count.optional().describe('keep so many fulls'),
  retentionDays: count.optional().describe('keep all that is younger than so many days'),
  keepLast: count.optional().describe('keep the last so many backups'),
  minimum: count.optional().describe('keep so many backups at least'),
  noDefaults: z.boolean().optional().describe('only the rules that are given'),
  scheme: z.enum(['periods', 'calendar']).optional().describe('which backups count for a day, week or month'),
  now: z.boolean().optional().describe('empty the trash of all that is in it'),
  dryRun: z.boolean().optional().describe('show the plan and change nothing'),
})

/** Forgets the backups that no rule wants, and empties the trash of what was forgotten a day ago. What is needed is never removed. */
export const applyRetention = createFunction({
  name: 'apply-retention',
  method: 'POST',
  summary: 'Forget the backups that no rule wants, and empty the trash',
  input,
  async run({ source, now = false, dryRun = false, ...flags }, context) {
    const { services } = context
    const policy = retentionPolicy([given(flags), services.retention], services.timeZone)
    const repository = await services.repository({ create: false })
    const results: Retained[] = []
    for (const name of await chosenSources(repository, source))
      results.push(await retainSource(context, repository, name, { policy, dryRun, emptyNow: now }))
    return { dryRun, ...together(results) }
  },
})

function given(flags: Omit<z.infer<typeof input>, 'source' | 'now' | 'dryRun'>): GivenRetention {
  return {
    daily: flags.retentionDaily,
    weekly: flags.retentionWeekly,
    monthly: flags.retentionMonthly,
    yearly: flags.retentionYearly,
    full: flags.retentionFull,
    days: flags.retentionDays,
    last: flags.keepLast,
    minimum: flags.minimum,
    scheme: flags.scheme,
    defaults: flags.noDefaults ? false : undefined,
  }
}

async function chosenSources({ store }: Repository, source: string | undefined): Promise<readonly string[]> {
  const all = await sourcesIn(store)
  if (source === undefined) return all
  if (all.includes(source)) return [source]
  throw new RespaldoError('source-not-found', `The repository holds nothing of ${source}`, {
    hint: all.length > 0 ? `It holds: ${all.join(', ')}` : 'It holds nothing yet.',
  })
}

/** What became of all sources, flat where programs look first. `expired`: kept only because a backup that is kept builds on it. */
function together(results: readonly Retained[]) {
  return {
    keep: results.flatMap(({ keep }) =>
      keep.map(one => ({ ...shown(one), retention: one.labels, expired: one.isExpired })),
    ),
    remove: results.flatMap(({ remove }) => remove.map(shown)),
    emptied: results.flatMap(({ source, emptied }) => emptied.map(id => ({ source, id }))),
    spared: results.flatMap(({ source, spared }) => spared.map(id => ({ source, id }))),
    leftAlone: results.flatMap(({ source, left }) => (left ? [{ source, error: errorBody(left) }] : [])),
  }
}

const shown = ({ backup, reasons }: Removed) => ({
  source: backup.source,
  id: backup.id,
  reasons: reasons.map(({ text }) => text),
})
