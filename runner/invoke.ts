import { type errorBody, RespaldoError } from '#lib/errors'
import type { Report } from '#lib/events'
import type { FunctionApp } from '#lib/http/create-function'
import type { Services } from '#lib/services'

export interface Invocation {
  input: Readonly<Record<string, unknown>>
  /** Live events as NDJSON instead of one document. */
  events?: boolean
  signal?: AbortSignal
}

/** The one door: a function called by name with an input, whoever calls. No server is involved. */
export async function invoke(
  app: FunctionApp,
  services: Services,
  { input, events, signal }: Invocation,
): Promise<Response> {
  const headers = {
    accept: events ? 'application/x-ndjson' : 'application/json',
    'content-type': 'application/json',
  }
  const init = { method: app.method, headers, ...(signal ? { signal } : {}) }
  if (app.method === 'POST') return app.app.request('/', { ...init, body: JSON.stringify(input) }, services)
  return app.app.request(`/?${new URLSearchParams(pairs(input))}`, init, services)
}

function pairs(input: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(input).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )
}

/** The events of an NDJSON answer, in order. A stream that ends before its last event throws. */
export async function* eventsOf(
  response: Response,
): AsyncGenerator<{ type: string } & Record<string, unknown>> {
  let rest = ''
  let last = ''
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) {
    const lines = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const event = JSON.parse(line) as { type: string } & Record<string, unknown>
      last = event.type
      yield event
    }
  }
  if (last !== 'done' && last !== 'failed') throw new Error('The answer ended before the run did')
}

/** The result of an answer; throws the error that it holds. Of an answer in events, all but the last are reported as they come. */
export async function outcome(response: Response, report: Report): Promise<unknown> {
  if (!response.headers.get('content-type')?.includes('ndjson')) {
    const answer = (await response.json()) as { error?: Body }
    if (answer.error) throw received(answer.error)
    return answer
  }
  for await (const event of eventsOf(response)) {
    if (event.type === 'done') return event.result
    if (event.type === 'failed') throw received(event.error as Body)
    report(event as never)
  }
  throw new RespaldoError('internal', 'The run ended without a result')
}

type Body = ReturnType<typeof errorBody>

/** An error as it was before it became JSON. */
export function received(body: Body): RespaldoError {
  return new RespaldoError(body.code, body.message, {
    hint: body.hint,
    context: body.context as Record<string, unknown> | undefined,
  })
}
