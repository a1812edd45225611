import { z } from 'zod'
import { errorBody, toRespaldoError } from '#lib/errors'
import { type Context, createFunction } from '#lib/http/create-function'
import type { DatabaseEnvironment } from '#lib/services'
import { coverOf, uncoveredOf } from '#lib/steps/coverage'
import { type LastBackups, lastBackups } from '#lib/steps/last-backups'
import { seenVolumes } from '#lib/steps/seen-volumes'
import { localWanted, wanted } from './input.ts'

/** What can be seen from here, each database asked whether it answers, what the last backups were, and what nothing covers. */
export const status = createFunction({
  name: 'status',
  method: 'GET',
  summary: 'Show environments, sources, tools, last backups, and what has none',
  input: z.object(wanted),
  local: localWanted,
  async run(input, context) {
    const { services } = context
    const backups = await lastBackups(context.services)
    const environments = []
    for (const { environment, why, evidence } of services.candidates(input)) {
      const { name } = environment
      // Where nothing speaks for an environment, asking it would only say so again.
      const isAsked = evidence !== 'none'
      environments.push(
        isAsked ? await described(environment, why, backups, context) : { name, why, sources: [] },
      )
    }
    const databases = environments.flatMap(({ sources }) => sources).map(backups.asSeen)
    const volumes = []
    const all = []
    for (const located of services.volumeEnvironments()) {
      const seen = await seenVolumes(located, context.signal)
      all.push(...seen.volumes.map(backups.asSeen))
      const withCover = (volume: (typeof seen.volumes)[number]) => {
        const coveredBy = coverOf(backups.asSeen(volume), databases)
        return { ...volume, ...(coveredBy ? { coveredBy } : {}), ...backups.lastOf(volume.id) }
      }
      volumes.push({ ...seen, volumes: seen.volumes.map(withCover) })
    }
    return {
      tool: services.tool,
      profile: services.profile,
      host: services.host,
      repository: backups.repository,
      environments,
      volumes,
      ...(backups.isKnown ? { uncovered: uncoveredOf(databases, all) } : {}),
    }
  },
})

async function described(
  environment: DatabaseEnvironment,
  why: string,
  backups: LastBackups,
  { signal }: Context,
) {
  const sources = []
  try {
    for await (const source of environment.sources(signal)) {
      const state =
        source.state === 'running'
          ? await asked(() => details(environment, source, signal))
          : { error: 'stopped' }
      sources.push({ ...source, ...state, ...backups.lastOf(source.id) })
    }
    return { name: environment.name, why, sources }
  } catch (error) {
    return { name: environment.name, why, sources, error: errorBody(toRespaldoError(error)) }
  }
}

async function details(
  environment: DatabaseEnvironment,
  source: Parameters<DatabaseEnvironment['database']>[0],
  signal: AbortSignal,
) {
  const database = environment.database(source)
  return { ...(await database.inspect(signal)), kept: await database.restores.kept(signal) }
}

async function asked<T>(ask: () => Promise<T>) {
  try {
    return await ask()
  } catch (error) {
    return { error: errorBody(toRespaldoError(error)) }
  }
}
