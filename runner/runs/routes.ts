import { type Context, Hono } from 'hono'
import { RespaldoError } from '#lib/errors'
import { isOver, type RunRecord } from '#lib/runs/record'
import { noSuchRun } from '#lib/runs/run-object'
import type { Services } from '#lib/services'
import type { Runs } from '../runs.ts'
import { eventAnswer, numberedLines, serverSent } from './event-stream.ts'

/** One run at `/<id>`, its events at `/<id>/events`, and `/<id>/cancel`; the list is the function `runs`. */
export function runRoutes({ runs, services }: { runs: Runs; services: Services }): Hono {
  const app = new Hono()

  const existing = async (c: Context): Promise<RunRecord> => {
    const id = c.req.param('id') ?? ''
    const record = await runs.find(id)
    if (record) return record
    throw noSuchRun(id)
  }

  app.get('/:id', async c => c.json({ run: await existing(c) }))

  app.get('/:id/events', async c => {
    const { id, state } = await existing(c)
    const after = afterOf(c)
    const form = c.req.header('accept')?.includes('text/event-stream') ? serverSent : numberedLines
    const { signal } = c.req.raw
    if (isOver(state) && form === serverSent && (await isRead(runs, id, after))) return c.body(null, 204)
    return eventAnswer(runs.events(id, after, signal), form, { clock: services.clock, gone: () => {} })
  })

  app.on(['POST', 'DELETE'], '/:id/cancel', async c => {
    const { id } = await existing(c)
    const cancelled = await runs.cancel(id, 'over HTTP')
    return c.json({ cancelled, run: await existing(c) }, cancelled ? 202 : 200)
  })

  return app
}

/** True when nothing comes after that number: 204 then tells a browser to ask no more. */
async function isRead(runs: Runs, id: string, after: number): Promise<boolean> {
  if (after === 0) return false
  for await (const _ of runs.events(id, after)) return false
  return true
}

/** The number of the last event that the reader has. */
function afterOf(c: Context): number {
  const text = c.req.header('last-event-id') ?? c.req.query('after') ?? '0'
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new RespaldoError('input-invalid', 'Last-Event-ID, or after, has to be the number of an event')
}
