import { errorBody, failures, type RespaldoError, toRespaldoError } from '../errors.ts'
import type { Report, RunEvent } from '../events.ts'

type Run = (report: Report, signal: AbortSignal) => Promise<unknown>

/** Waits for the run and answers its result, with the warnings it gave, as one JSON document. */
export async function answerJson(run: Run, signal: AbortSignal): Promise<Response> {
  const warnings: { message: string; hint?: string }[] = []
  const collectWarning: Report = event => {
    if (event.type === 'warning')
      warnings.push({ message: event.message, ...(event.hint ? { hint: event.hint } : {}) })
  }
  try {
    const result = await run(collectWarning, signal)
    return Response.json(warnings.length > 0 ? { ...(result as object), warnings } : result)
  } catch (error) {
    return failure(toRespaldoError(error))
  }
}

/**
 * The error as an answer: `{"error":{code,message,hint}}` with the status of its code, and with `Retry-After` where its context says
 * `retryAfterSeconds`.
 */
export function failure(error: RespaldoError): Response {
  const seconds = error.context?.retryAfterSeconds
  return Response.json(
    { error: errorBody(error) },
    {
      status: failures[error.code].status,
      ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
    },
  )
}

/**
 * Events as they happen, one JSON document a line. A plain ReadableStream, so that a stream that breaks is a broken answer:
 * hono/streaming would end it cleanly. Going away cancels the run.
 */
export function answerEvents(run: Run, signal: AbortSignal): Response {
  const gone = new AbortController()
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const report: Report = event => {
        if (!gone.signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`))
      }
      const end = (event: RunEvent) => {
        report(event)
        if (!gone.signal.aborted) controller.close()
      }
      run(report, AbortSignal.any([signal, gone.signal])).then(
        result => end({ type: 'done', result }),
        error =>
          end({
            type: 'failed',
            error: errorBody(toRespaldoError(error)) as { code: string; message: string },
          }),
      )
    },
    cancel(reason) {
      gone.abort(reason)
    },
  })
  return new Response(body, {
    headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' },
  })
}
