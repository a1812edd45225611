import { z } from 'zod'
import { errorBody, RespaldoError, toRespaldoError } from '#lib/errors'
import { type Context, createFunction } from '#lib/http/create-function'
import { type Manifest, recordsOf } from '#lib/repository/manifest'
import type { DatabaseEnvironment } from '#lib/services'
import { localWanted, wanted } from './input.ts'

/** What can be seen from here, each source asked whether it answers, and what its last backup was. */
export const status = createFunction({
  name: 'status',
  method: 'GET',
  summary: 'Show environments, sources, tools and last backups',
  input: z.object(wanted),
  local: localWanted,
  async run(input, context) {
    const { services } = context
    const backups = await lastBackups(context)
    const environments = []
    for (const { environment, why } of services.candidates(input))
      environments.push(await described(environment, why, backups, context))
    return {
      tool: services.tool,
      profile: services.profile,
      host: services.host,
      repository: backups.repository,
      environments,
    }
  },
})

type Known = { repository: unknown; of(source: string): Manifest | undefined }

async function lastBackups({ services }: Context): Promise<Known> {
  try {
    const repository = await services.repository({ create: false })
    const { backups, damaged } = await repository.catalog()
    return {
      repository: {
        name: repository.store.name,
        backups: backups.length,
        damaged: damaged.length,
        freeBytes: await repository.store.freeBytes(),
      },
      of: source => backups.find(backup => backup.source.id === source),
    }
  } catch (error) {
    if (!(error instanceof RespaldoError)) throw error
    return { repository: { error: errorBody(error) }, of: () => undefined }
  }
}

async function described(environment: DatabaseEnvironment, why: string, backups: Known, { signal }: Context) {
  const sources = []
  try {
    for await (const source of environment.sources(signal)) {
      const last = backups.of(source.id)
      const lastBackup = last && {
        id: last.id,
        finished: last.finished,
        type: last.type,
        rows: recordsOf(last),
        bytes: last.sizes.stored,
      }
      const state =
        source.state === 'running'
          ? await asked(() => details(environment, source, signal))
          : { error: 'stopped' }
      sources.push({ ...source, ...state, ...(lastBackup ? { lastBackup } : {}) })
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
