import { once } from '../bytes.ts'
import { errorBody, RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import { isDatabase, type Manifest } from '../repository/manifest.ts'
import { readStandings } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import type { Store } from '../store/store.ts'
import { candidates, chooseForDrill, type Scenario } from './drill-choice.ts'
import { drillPage } from './drill-page.ts'
import { type DrillReport, type DrillResult, recoverySeconds } from './drill-report.ts'
import { openReading } from './reading.ts'
import { trialRestore } from './trial-restore.ts'
import { trialVolume } from './volume-trial.ts'

/** Plays one scenario for one source. What fails is a result; only an abort is thrown. */
export async function drillSource(
  context: Context,
  repository: Repository,
  { source, scenario }: { source: string; scenario: Scenario },
): Promise<DrillResult> {
  const { services, signal } = context
  const catalog = await repository.catalog(source)
  const backups = candidates(catalog.backups)
  const manifest = chooseForDrill(backups, scenario)
  const about = { source, scenario, ...(await known(repository, backups, manifest, services.clock.now())) }
  try {
    // Ids begin with the time: who needs the newest would reach for one that cannot be read.
    const newer = catalog.damaged.find(({ id }) => manifest === undefined || id > manifest.id)
    if (newer && scenario !== 'newest-damaged') throw newer.error
    if (!manifest) throw nothingToRestore(source, scenario)
    await using _ = await openReading(context, repository, manifest, 'drill')
    const isPlaceLost = scenario === 'server-lost'
    const evidence = isDatabase(manifest)
      ? await trialRestore(context, { repository, manifest, isPlaceLost })
      : await trialVolume(context, { repository, manifest })
    return { ...about, verdict: 'passed', recoveryTime: recoverySeconds(evidence, scenario), evidence }
  } catch (error) {
    throwIfAborted(signal)
    const { context: _, ...body } = errorBody(toRespaldoError(error))
    return { ...about, verdict: 'failed', error: body }
  }
}

async function known(
  { store }: Repository,
  backups: readonly Manifest[],
  chosen: Manifest | undefined,
  now: Date,
): Promise<Pick<DrillResult, 'backup' | 'recoveryPointAge' | 'newestProven'>> {
  const age = ({ started }: Manifest) => Math.round((now.getTime() - Date.parse(started)) / 1000)
  const proven = await newestProven(store, backups)
  return {
    ...(chosen ? { backup: chosen.id, recoveryPointAge: age(chosen) } : {}),
    ...(proven ? { newestProven: { backup: proven.id, age: age(proven) } } : {}),
  }
}

/** One after the other, as it is most often among the first. */
async function newestProven(store: Store, backups: readonly Manifest[]): Promise<Manifest | undefined> {
  for (const backup of backups) {
    const [standing] = await readStandings(store, [backup])
    if (standing?.proven) return backup
  }
  return undefined
}

function nothingToRestore(source: string, scenario: Scenario): RespaldoError {
  return scenario === 'newest-damaged'
    ? new RespaldoError(
        'backup-not-found',
        `${source} has backups of one chain only: nothing is left when it is damaged`,
        {
          hint: 'Make a full: --force-full.',
        },
      )
    : new RespaldoError('backup-not-found', `${source} has no backup of the whole of it`, {
        hint: 'Make one with `respaldo create` or `respaldo volume-backup`.',
      })
}

/** Puts a report into the repository, as JSON and as a page; returns their keys. */
export async function keepReport(
  { store }: Repository,
  report: DrillReport,
): Promise<{ json: string; page: string }> {
  const key = `drills/${report.run}-${report.verdict}`
  const keys = { json: `${key}.json`, page: `${key}.html` }
  await store.put(keys.json, once(`${JSON.stringify(report, undefined, 1)}\n`), { overwrite: false })
  await store.put(keys.page, once(drillPage(report)), { overwrite: false })
  return keys
}
