import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { functions } from '#functions'
import { errorBody, RespaldoError, toRespaldoError } from '#lib/errors'
import { failure } from '#lib/http/answers'
import type { Services } from '#lib/services'
import { type Reads, responseTo } from './reads/reads.ts'
import { callAsRun } from './runs/calls.ts'
import { runRoutes } from './runs/routes.ts'
import type { Runs } from './runs.ts'

export interface ServerOptions {
  services: Services
  runs: Runs
  /** Answers the functions that only read. */
  reads: Reads
  /** Demanded as `Authorization: Bearer …` on everything but `/healthz`. */
  token: string | undefined
  /** Names that the Host header may have beside loopback ones, without port. */
  hosts: readonly string[]
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Every function at `/api/<name>`, behind the rules that keep browsers and strangers out. */
export function openServer({ services, runs, reads, token, hosts }: ServerOptions): Hono {
  const app = new Hono()
  app.get('/healthz', c => c.json({ status: 'ok' }))
  app.use('*', async (c, next) => {
    checkHost(c.req.header('host'), hosts)
    checkToken(c.req.header('authorization'), token)
    if (c.req.method === 'POST') checkContentType(c.req.header('content-type'))
    await next()
    c.header('x-content-type-options', 'nosniff')
    c.header('cache-control', 'no-store')
  })
  app.route('/api/runs', runRoutes({ runs, services }))
  for (const { name, method, app: one } of Object.values(functions)) {
    if (method === 'POST') app.post(`/api/${name}`, c => callAsRun(c, name, { runs, services }))
    else
      app.get(`/api/${name}`, async c => responseTo(c.req.raw, await reads(name, new URL(c.req.url).search)))
    app.all(`/api/${name}`, c => one.fetch(atRoot(c.req.raw), services))
  }
  app.notFound(c => c.json({ error: errorBody(noSuch(c.req.path)) }, 404))
  app.onError(error => failure(toRespaldoError(error)))
  return app
}

/** The request as the function's own app sees it: its route is `/`. */
function atRoot(request: Request): Request {
  const url = new URL(request.url)
  url.pathname = '/'
  return new Request(url, request)
}

const noSuch = (path: string): RespaldoError =>
  new RespaldoError('input-invalid', `There is nothing at ${path}`, {
    hint: `Functions are at ${Object.keys(functions)
      .map(name => `/api/${name}`)
      .join(', ')}.`,
  })

/** A page that rebinds its own name to 127.0.0.1 still sends that name. */
function checkHost(host: string | undefined, allowed: readonly string[]): void {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (loopback.has(name) || allowed.includes(name)) return
  throw new RespaldoError('forbidden', 'The Host header names a host that this server is not', {
    hint: 'Add the name under `hosts` in respaldo.yaml if clients use it.',
  })
}

/** A cross-site form cannot send this type without asking first. */
function checkContentType(type: string | undefined): void {
  if (type?.split(';')[0]?.trim().toLowerCase() === 'application/json') return
  throw new RespaldoError('input-invalid', 'A POST needs Content-Type: application/json')
}

function checkToken(header: string | undefined, token: string | undefined): void {
  if (token === undefined) return
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? ''
  if (timingSafeEqual(digest(given), digest(token))) return
  throw new RespaldoError('unauthorized', 'A valid bearer token is needed', {
    hint: 'Send Authorization: Bearer with the token of RESPALDO_TOKEN.',
  })
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
