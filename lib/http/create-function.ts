import { Hono } from 'hono'
import type { z } from 'zod'
import { errorBody, RespaldoError, toRespaldoError } from '../errors.ts'
import type { Report } from '../events.ts'
import type { Services } from '../services.ts'
import { answerEvents, answerJson, failure } from './answers.ts'
import { parseInput } from './input.ts'

/** What a function's recipe is handed beside its input. */
export interface Context {
  services: Services
  report: Report
  /** Aborted when the caller went away or the run was cancelled. */
  signal: AbortSignal
}

/** One operation: a name, how it is called, what it takes, and its recipe. */
export interface Operation<Schema extends z.ZodObject> {
  name: string
  /** GET for those that only read; their input comes from the query. */
  method: 'GET' | 'POST'
  /** One sentence, for help and documents. */
  summary: string
  input: Schema
  /** Names of input that only the command line may give: files and machines of the server's. */
  local?: readonly (keyof z.infer<Schema> & string)[]
  /** It makes the repository where there is none. */
  begins?: boolean
  run(input: z.infer<Schema>, context: Context): Promise<unknown>
}

/** A function: a Hono app with one route, and what there is to know about it. `c.env` has to be Services. */
export interface FunctionApp {
  name: string
  method: 'GET' | 'POST'
  summary: string
  input: z.ZodObject
  local: readonly string[]
  begins: boolean
  app: Hono<{ Bindings: Services }>
}

/**
 * Makes a standalone Hono app of a recipe. It answers `GET` or `POST` at `/`: one JSON document with the status of its error,
 * or, for `Accept: application/x-ndjson`, events of which the last is `done` or `failed`. Before its recipe it starts what a dead run left stopped.
 */
export function createFunction<Schema extends z.ZodObject>(operation: Operation<Schema>): FunctionApp {
  const app = new Hono<{ Bindings: Services }>()
  app.on(operation.method, '/', async c => {
    const input = await parseInput(operation, c.req.raw, c.env.origin)
    const run = async (report: Report, signal: AbortSignal) => {
      await c.env.recoverQuiesced({ report, patient: operation.method === 'POST' }, signal)
      return operation.run(input, { services: c.env, report, signal })
    }
    const signal = c.env.signal ? AbortSignal.any([c.env.signal, c.req.raw.signal]) : c.req.raw.signal
    const wantsEvents = c.req.header('accept')?.includes('application/x-ndjson')
    return wantsEvents ? answerEvents(run, signal) : answerJson(run, signal)
  })
  app.notFound(c =>
    c.json({ error: errorBody(wrongMethod(operation, c.req.method)) }, 405, { allow: operation.method }),
  )
  app.onError(error => failure(toRespaldoError(error)))
  return {
    name: operation.name,
    method: operation.method,
    summary: operation.summary,
    input: operation.input,
    local: operation.local ?? [],
    begins: operation.begins ?? false,
    app,
  }
}

function wrongMethod(operation: { name: string; method: string }, method: string): RespaldoError {
  return new RespaldoError(
    'input-invalid',
    `${operation.name} is called by ${operation.method}, not ${method}`,
  )
}
