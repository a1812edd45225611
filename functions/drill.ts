import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { createFunction } from '#lib/http/create-function'
import type { Repository } from '#lib/repository/repository'
import { drillSource, keepReport } from '#lib/steps/drill'
import { canHappen, type Scenario, scenarios, usualScenarios } from '#lib/steps/drill-choice'
import type { DrillReport, DrillResult } from '#lib/steps/drill-report'
import { list } from './input.ts'

const scenario = z.enum(scenarios)

/** Plays what could happen, on throw-away servers, and keeps a report of how long each source would take to come back, and from when. */
export const drill = createFunction({
  name: 'drill',
  method: 'POST',
  summary: 'Exercise recovery on scratch servers, and keep a report',
  input: z.object({
    sources: list.optional().describe('ids of the sources; all that have backups'),
    scenarios: z
      .union([z.array(scenario), scenario.transform(one => [one] as const)])
      .optional()
      .describe('what has happened; each source itself is lost'),
  }),
  async run({ sources, scenarios = usualScenarios }, context) {
    const { services } = context
    const repository = await services.repository({ create: false })
    const started = services.clock.now()
    const results: DrillResult[] = []
    for (const { source, scenario } of await planned(repository, sources, scenarios))
      results.push(await drillSource(context, repository, { source, scenario }))
    const report: DrillReport = {
      format: 1,
      run: services.newRun(),
      verdict: results.every(({ verdict }) => verdict === 'passed') ? 'passed' : 'failed',
      started: started.toISOString(),
      finished: services.clock.now().toISOString(),
      host: services.host,
      tool: services.tool,
      results,
    }
    const kept = await keepReport(repository, report)
    if (report.verdict === 'failed') throw failed(report, kept)
    return { drill: report, kept }
  },
})

async function planned(
  repository: Repository,
  wanted: readonly string[] | undefined,
  scenarios: readonly Scenario[],
): Promise<{ source: string; scenario: Scenario }[]> {
  const { backups, damaged } = await repository.catalog()
  const sources = [...backups.map(({ source }) => source.id), ...damaged.map(({ source }) => source)]
  const known = [...new Set(sources)].sort()
  const unknown = wanted?.find(source => !known.includes(source))
  if (unknown !== undefined || known.length === 0)
    throw new RespaldoError(
      'backup-not-found',
      unknown === undefined ? 'The repository holds no backup yet' : `There is no backup of ${unknown}`,
      {
        hint:
          known.length > 0
            ? `There are backups of: ${known.join(', ')}.`
            : 'Make one with `respaldo create`.',
      },
    )
  const kinds = new Map(backups.map(({ source }) => [source.id, source.kind]))
  const all = (wanted ?? known).flatMap(source =>
    scenarios
      .filter(scenario => canHappen(scenario, kinds.get(source) ?? 'postgres'))
      .map(scenario => ({ source, scenario })),
  )
  if (all.length > 0) return all
  throw new RespaldoError('input-invalid', `None of the sources can have ${scenarios.join(' or ')}`, {
    hint: 'database-lost and server-lost are of databases, volume-lost is of volumes.',
  })
}

function failed(report: DrillReport, kept: { json: string; page: string }): RespaldoError {
  const failures = report.results.filter(({ verdict }) => verdict === 'failed')
  const sentences = failures.map(
    ({ source, scenario, error }) => `${source} (${scenario}): ${error?.message}`,
  )
  return new RespaldoError('data-corrupt', `The drill failed: ${sentences.join('; ')}`, {
    hint: `The report is kept as ${kept.page} in the repository.`,
    context: { drill: report, kept },
  })
}
