import type { Context } from 'hono'
import { RespaldoError } from '#lib/errors'
import type { Report } from '#lib/events'
import { answerJson } from '#lib/http/answers'
import { bodyInput } from '#lib/http/input'
import type { RunRecord } from '#lib/runs/record'
import type { Services } from '#lib/services'
import type { Runs } from '../runs.ts'
import { callerOf } from './caller.ts'
import { eventAnswer, plainLines } from './event-stream.ts'
import { resultOf } from './result-of.ts'

/** A run that a request started, or found. */
interface Called {
  record: RunRecord
  /** Going away cancels it: the caller has it alone, and no key to come back with. */
  own: boolean
}

/** Makes a run of a call of a function that changes something, and answers as its caller prefers: at once, with its events, or at its end. */
export async function callAsRun(
  c: Context,
  name: string,
  { runs, services }: { runs: Runs; services: Services },
): Promise<Response> {
  const called = await started(c, name, runs)
  if (prefersAsync(c)) return accepted(called.record)
  const { id } = called.record
  const away = new AbortController()
  const gone = () => {
    away.abort()
    if (called.own) void runs.cancel(id, 'its caller went away').catch(() => {}) // nobody is left to be told
  }
  c.req.raw.signal.addEventListener('abort', gone, { once: true })
  const events = runs.events(id, 0, away.signal)
  if (c.req.header('accept')?.includes('application/x-ndjson'))
    return eventAnswer(events, plainLines, { clock: services.clock, gone, headers: runHeader(id) })
  const run = (report: Report, signal: AbortSignal) => resultOf(events, { report, signal })
  const answer = await answerJson(run, away.signal)
  answer.headers.set('x-respaldo-run', id)
  return answer
}

async function started(c: Context, name: string, runs: Runs): Promise<Called> {
  const idempotencyKey = keyOf(c)
  const request = { function: name, input: await bodyInput(c.req.raw), by: callerOf(c), idempotencyKey }
  const { record, repeated } = await runs.start(request)
  return { record, own: !repeated && idempotencyKey === undefined }
}

/** What many requests may have in common; its length is limited because it is kept. */
function keyOf(c: Context): string | undefined {
  const key = c.req.header('idempotency-key')
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new RespaldoError('input-invalid', 'An Idempotency-Key has 1 to 255 visible characters of ASCII')
}

const prefersAsync = (c: Context): boolean =>
  (c.req.header('prefer') ?? '').split(/[,;]/).some(word => word.trim().toLowerCase() === 'respond-async')

/** 202: the run goes on by itself, and this is where to look. */
export function accepted(record: RunRecord): Response {
  const headers = {
    location: `/api/runs/${record.id}`,
    'retry-after': '1',
    'preference-applied': 'respond-async',
    ...runHeader(record.id),
  }
  return Response.json({ run: record }, { status: 202, headers })
}

const runHeader = (id: string) => ({ 'x-respaldo-run': id })
