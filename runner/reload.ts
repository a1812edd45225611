import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { RespaldoError, toRespaldoError } from '#lib/errors'
import { problemsIn } from './problems.ts'
import type { ServerParts, ServerSettings } from './server-parts.ts'

/** Reads the configuration again and goes on with it; when something is wrong with it, with the old one, and says so. */
export function reload(
  server: Pick<ServerParts, 'settings' | 'use'>,
  read: () => ServerSettings,
  log: Pick<Logger, 'info' | 'error'>,
): void {
  try {
    const next = read()
    refuseFixed(server.settings(), next)
    server.use(next)
    log.info({ configuration: 'read again' })
  } catch (error) {
    const known = toRespaldoError(error)
    log.error({ configuration: 'the old one is kept', code: known.code, problems: problemsIn(known) })
  }
}

/** What only a new process can change is not passed over in silence. */
function refuseFixed(before: ServerSettings, after: ServerSettings): void {
  const changed = [
    ...(before.directory === after.directory ? [] : ['the repository']),
    ...(isDeepStrictEqual(before.configuration.limits, after.configuration.limits) ? [] : ['limits']),
    ...(before.variables.RESPALDO_TOKEN === after.variables.RESPALDO_TOKEN ? [] : ['RESPALDO_TOKEN']),
  ]
  if (changed.length === 0) return
  throw new RespaldoError('config-invalid', `${changed.join(', ')} cannot be changed while the server runs`, {
    hint: 'Start it anew for that.',
  })
}
