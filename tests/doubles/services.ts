import { systemClock } from '#lib/clock'
import { RespaldoError } from '#lib/errors'
import { openRepository } from '#lib/repository/repository'
import type { Services } from '#lib/services'
import { recoverLeft } from '#lib/steps/quiesced'
import { memoryStore } from '#lib/store/memory'
import { defaultStrategy } from '#lib/strategy/type'

/** Services over an empty repository in memory and a world without any database. */
export function emptyServices(overrides: Partial<Services> = {}): Services {
  const store = memoryStore()
  const services: Services = {
    clock: systemClock,
    origin: 'http',
    profile: 'development',
    strategy: defaultStrategy,
    retention: {},
    timeZone: 'UTC',
    host: 'here',
    tool: 'respaldo test',
    newRun: () => 'run',
    holder: { host: 'here', pid: 1, startedAt: '' },
    isAlive: () => undefined,
    repository: options => openRepository(store, systemClock, options),
    locate: () => Promise.reject(new RespaldoError('environment-unavailable', 'Nothing was found')),
    volumes: () => Promise.reject(new RespaldoError('environment-unavailable', 'Nothing was found')),
    volumeEnvironments: () => [],
    scratch: () => Promise.reject(new RespaldoError('environment-unavailable', 'Nothing was found')),
    checks: [],
    schedules: [],
    openFile: path => Promise.reject(new RespaldoError('backup-not-found', `There is no file ${path}`)),
    newFile: path => Promise.reject(new RespaldoError('input-invalid', `There is no folder for ${path}`)),
    scripts: {
      version: async () => undefined,
      script: () => {
        throw new RespaldoError('command-failed', 'There is no pg_restore')
      },
    },
    candidates: () => [],
    workloads: ({ environment }) => {
      throw new RespaldoError('input-invalid', `Nothing can be stopped in ${environment}`)
    },
    quiesceLimitMilliseconds: 60_000,
    async recoverQuiesced(how, signal) {
      const repository = await services.repository({ create: false }).catch(() => undefined) // there is none yet
      if (repository) await recoverLeft(services, repository.store, how, signal)
    },
    ...overrides,
  }
  return services
}
