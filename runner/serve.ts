import { serve as listen } from '@hono/node-server'
import { pino } from 'pino'
import { systemClock } from '#lib/clock'
import { failures, RespaldoError, toRespaldoError } from '#lib/errors'
import { openServices } from '#lib/services'
import type { GlobalOptions } from './cli.ts'
import type { Outside } from './outside.ts'
import { openRenderer } from './render.ts'
import { openServer } from './server.ts'
import { readSettings } from './settings.ts'

const loopback = ['127.0.0.1', '::1', 'localhost']

/** Serves until it is told to stop; then running requests are cancelled and it ends with 0. */
export async function serve(
  options: GlobalOptions & { host: string; port: string },
  outside: Outside,
): Promise<number> {
  try {
    const settings = readSettings(options, outside, 'http')
    const token = settings.variables.RESPALDO_TOKEN
    const port = Number(options.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new RespaldoError('input-invalid', `${options.port} is no port`)
    if (!loopback.includes(options.host) && !token)
      throw new RespaldoError('config-invalid', `Binding ${options.host} would let anybody in`, {
        hint: 'Set RESPALDO_TOKEN or RESPALDO_TOKEN_FILE, or bind 127.0.0.1.',
      })
    const services = openServices(settings)
    // Beside serving: whether a run on another host is dead takes a while to tell.
    const recovered = services
      .recoverQuiesced(
        { report: openRenderer('serve', options, outside).event, patient: true },
        outside.signal,
      )
      .catch(() => {}) // told to stop
    const app = openServer({
      services,
      token: token || undefined,
      hosts: settings.configuration.hosts ?? [],
    })
    await untilStopped(logged(app.fetch), { hostname: options.host, port }, outside)
    await recovered
    return 0
  } catch (error) {
    const known = toRespaldoError(error)
    openRenderer('serve', options, outside).error(known)
    return failures[known.code].exit
  }
}

function untilStopped(
  fetch: Parameters<typeof listen>[0]['fetch'],
  at: { hostname: string; port: number },
  outside: Outside,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = listen({ fetch, ...at }, ({ address, port }) => {
      outside.stderr.write(
        `Serving at http://${address.includes(':') ? `[${address}]` : address}:${port}/api/\n`,
      )
    })
    server.on('error', cause =>
      reject(
        new RespaldoError(
          'input-invalid',
          `Cannot listen at ${at.hostname}:${at.port}: ${(cause as Error).message}`,
          { cause },
        ),
      ),
    )
    outside.signal.addEventListener('abort', () => server.close(() => resolve()), { once: true })
  })
}

/** One line of JSON on stderr for every request: what was called and how it ended, never its input. */
function logged(
  fetch: (request: Request) => Response | Promise<Response>,
): (request: Request) => Promise<Response> {
  const log = pino(pino.destination(2))
  return async request => {
    const began = systemClock.monotonic()
    const response = await fetch(request)
    const milliseconds = Math.round(systemClock.monotonic() - began)
    log.info({
      method: request.method,
      path: new URL(request.url).pathname,
      status: response.status,
      milliseconds,
    })
    return response
  }
}
