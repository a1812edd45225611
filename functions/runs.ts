import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { type RunRecord, runStates } from '#lib/runs/record'
import { listRuns, noSuchRun, readEvents, readRun } from '#lib/runs/run-object'
import type { Store } from '#lib/store/store'
import { count } from './input.ts'

/** Lists what was done and what is being done, newest first, by whichever runner; or shows one run with its events. */
export const runs = createFunction({
  name: 'runs',
  method: 'GET',
  summary: 'List runs, newest first, or show one',
  input: z.object({
    run: z.string().min(1).optional().describe('id of the one to show'),
    function: z.string().min(1).optional().describe('only runs of this function'),
    state: z
      .enum(runStates)
      .optional()
      .describe(`only runs in this state: ${runStates.join(', ')}`),
    source: z.string().min(1).optional().describe('only runs that worked on this source'),
    limit: count.optional().describe('so many at most (default 50)'),
  }),
  async run({ run, limit = 50, ...filter }, { services }) {
    const { store } = await services.repository({ create: false })
    return run === undefined ? { runs: await listRuns(store, { ...filter, limit }) } : shown(store, run)
  },
})

async function shown(store: Store, id: string): Promise<{ run: RunRecord; events: unknown[] }> {
  const run = await readRun(store, id)
  if (run) return { run, events: (await readEvents(store, id)) ?? [] }
  throw noSuchRun(id)
}
