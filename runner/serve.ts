import { serve as listen } from '@hono/node-server'
import { type Logger, pino } from 'pino'
import { systemClock } from '#lib/clock'
import { failures, RespaldoError, toRespaldoError } from '#lib/errors'
import { checkedSettings } from './checked-settings.ts'
import type { GlobalOptions } from './cli.ts'
import type { Outside } from './outside.ts'
import type { PlainSettings } from './reads/thread.ts'
import { reload } from './reload.ts'
import { openRenderer } from './render.ts'
import { slept } from './runs/tending.ts'
import { openedServer, type ServerSettings } from './server-parts.ts'

const loopback = ['127.0.0.1', '::1', 'localhost']

/** How long answers that are being written have, when nothing runs any more. */
const lastAnswersMilliseconds = 2_000

/** Serves until it is told to stop; then no run begins any more, those that go on get their grace, and it ends with 0. */
export async function serve(
  options: GlobalOptions & { host: string; port: string },
  outside: Outside,
): Promise<number> {
  try {
    const settings = serverSettings(options, outside)
    const at = addressOf(options, settings)
    const log = pino(pino.destination(2))
    const server = openedServer(settings, log)
    const { runs, schedules } = server
    const stop = new AbortController()
    const tended = runs.tend(stop.signal)
    // Beside serving: whether a run on another host is dead takes a while to tell.
    const recovered = server.services
      .recoverQuiesced(
        { report: openRenderer('serve', options, outside).event, patient: true },
        outside.signal,
      )
      .catch(() => {}) // told to stop
    const listener = await listening(logged(server.fetch, log), at, outside)
    schedules.use(server.services.schedules)
    outside.onHangup(() => reload(server, () => serverSettings(options, outside), log))
    await aborted(outside.signal)
    const fired = schedules.stop()
    await runs.drain(server.limits.graceSeconds * 1000)
    await fired
    await recovered
    await closed(listener)
    stop.abort()
    await tended
    return 0
  } catch (error) {
    const known = toRespaldoError(error)
    openRenderer('serve', options, outside).error(known)
    return failures[known.code].exit
  }
}

/** Checked as a whole. Without a signal: `drain` decides what is stopped. */
function serverSettings(options: GlobalOptions, outside: Outside): ServerSettings {
  const { signal: _, ...settings } = checkedSettings(options, outside).settings
  return settings
}

/** Where to listen; beyond loopback only with a token. */
function addressOf(
  { host, port: text }: { host: string; port: string },
  { variables }: PlainSettings,
): { hostname: string; port: number } {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RespaldoError('input-invalid', `${text} is no port`)
  if (!loopback.includes(host) && !variables.RESPALDO_TOKEN)
    throw new RespaldoError('config-invalid', `Binding ${host} would let anybody in`, {
      hint: 'Set RESPALDO_TOKEN or RESPALDO_TOKEN_FILE, or bind 127.0.0.1.',
    })
  return { hostname: host, port }
}

type Fetch = Parameters<typeof listen>[0]['fetch']
type Server = ReturnType<typeof listen>

function listening(fetch: Fetch, at: { hostname: string; port: number }, outside: Outside): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = listen({ fetch, ...at }, ({ address, port }) => {
      outside.stderr.write(
        `Serving at http://${address.includes(':') ? `[${address}]` : address}:${port}/api/\n`,
      )
      resolve(server)
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
  })
}

/** Waits for the answers that are being written, not for those who only listen. */
async function closed(server: Server): Promise<void> {
  const done = new AbortController()
  const closing = new Promise<void>(resolve => server.close(() => resolve()))
  await Promise.race([closing, slept(systemClock, lastAnswersMilliseconds, done.signal)])
  done.abort()
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** One line of JSON on stderr for every request: what was called and how it ended, never its input. */
function logged(fetch: Fetch, log: Logger): Fetch {
  return async (request, env) => {
    const began = systemClock.monotonic()
    const response = (await fetch(request, env)) as Response
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
