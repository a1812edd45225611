import type { Logger } from 'pino'
import { functions } from '#functions'
import { type Limits, limitsOf } from '#lib/config/limits'
import { toRespaldoError } from '#lib/errors'
import { isWorthTelling } from '#lib/schedule/firing'
import { openServices, type Services, type Settings } from '#lib/services'
import { cachedReads } from './reads/cache.ts'
import { threadedReads } from './reads/threaded.ts'
import { type OpenedRuns, openRuns } from './runs/open-runs.ts'
import { openSchedules, type Schedules } from './schedules/open-schedules.ts'
import { openServer } from './server.ts'

/** What a server is made by; it stops by other means than a signal. */
export type ServerSettings = Omit<Settings, 'signal'>

/** A server's parts, put together. */
export interface ServerParts {
  fetch(request: Request, env?: unknown): Response | Promise<Response>
  services: Services
  runs: OpenedRuns
  schedules: Schedules
  limits: Limits
  /** The settings that count now. */
  settings(): ServerSettings
  /** Goes on with other settings. Runs keep those that they began with; limits, the token and the repository stay as they were. */
  use(settings: ServerSettings): void
}

/** Puts the parts together; schedules are not yet fired. A run that ends makes what was read before it old. */
export function openedServer(first: ServerSettings, log: Logger): ServerParts {
  let settings = first
  const limits = limitsOf(settings.configuration.limits)
  const services = openServices(settings)
  const threaded = threadedReads(plain(settings))
  const reads = cachedReads(threaded.read, services.clock)
  const onProblem = (error: unknown) => log.warn({ problem: toRespaldoError(error).message })
  const runs = openRuns({ services, limits, functions, onProblem })
  runs.onEnd(({ id, function: name, source, state, seconds, error }) => {
    reads.forget()
    log.info({ run: id, function: name, source, state, seconds, code: error?.code })
  })
  const schedules = openSchedules({
    services,
    runs,
    functions,
    onProblem,
    tell(firing) {
      const { schedule, at, state, why } = firing
      log[isWorthTelling(firing) ? 'warn' : 'info']({ schedule, at, state, why })
    },
  })
  const token = settings.variables.RESPALDO_TOKEN || undefined
  const open = () =>
    openServer({ services, runs, reads: reads.read, token, hosts: settings.configuration.hosts ?? [] })
  let app = open()

  return {
    fetch: (request, env) => app.fetch(request, env),
    services,
    runs,
    schedules,
    limits,
    settings: () => settings,
    use(next) {
      settings = next
      Object.assign(services, openServices(next)) // whoever has them has the new ones; a run has a copy
      threaded.use(plain(next))
      reads.forget()
      app = open()
      schedules.use(services.schedules)
    },
  }
}

function plain({ isAlive: _, ...settings }: ServerSettings): Parameters<typeof threadedReads>[0] {
  return settings
}
