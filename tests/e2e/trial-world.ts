import type { Configuration } from '#lib/config'
import { silent } from '#lib/events'
import type { Context } from '#lib/http/create-function'
import { databaseBackup } from '#lib/repository/manifest'
import { openServices, type Services } from '#lib/services'
import { type TrialEvidence, trialRestore } from '#lib/steps/trial-restore'
import { isAlive, thisHolder } from '../../runner/liveness.ts'

/** Which backup is restored on trial, and how. */
export interface Trial {
  env: Readonly<Record<string, string>>
  configuration?: Configuration
  /** Takes the manifest's place. */
  settings?: Readonly<Record<string, string>>
  report?: Context['report']
  signal?: AbortSignal
  /** Of which database the backup is. */
  source: string
  /** Its name; without it the newest of the whole database. */
  backup?: string
}

/** The services that a command line with these variables would have. */
export function servicesOf({ env, configuration = {} }: Pick<Trial, 'env' | 'configuration'>): Services {
  return openServices({
    configuration,
    directory: env.BACKUP_DIR!,
    profile: 'development',
    origin: 'cli',
    version: 'test',
    variables: env,
    retention: {},
    holder: thisHolder(),
    isAlive,
  })
}

/** Restores a backup on trial. */
export async function restoreOnTrial(trial: Trial): Promise<TrialEvidence> {
  const services = servicesOf(trial)
  const { report = silent, signal = new AbortController().signal } = trial
  const repository = await services.repository({ create: false })
  const manifest = databaseBackup(await repository.find(trial.backup, trial.source))
  const source = trial.settings ? { ...manifest.source, settings: trial.settings } : manifest.source
  return trialRestore({ services, report, signal }, { repository, manifest: { ...manifest, source } })
}
