import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { createFunction } from '#lib/http/create-function'
import type { Repository } from '#lib/repository/repository'
import { newestFiring } from '#lib/schedule/firing-object'
import { namedSchedule, type Schedule } from '#lib/schedule/schedule'
import { nextFirings } from '#lib/schedule/times'
import type { Services } from '#lib/services'
import { count } from './input.ts'

/** Each of them has to be found in a calendar. */
const mostFirings = 1000

/** Shows the configured schedules with what became of their last firing and when the next one is due; or only the next times of all, in order. */
export const schedule = createFunction({
  name: 'schedule',
  method: 'GET',
  summary: 'Show schedules, their last and their next firings',
  input: z.object({
    schedule: z.string().min(1).optional().describe('only this one'),
    next: count.optional().describe('only the next so many firings, a thousand at most'),
  }),
  async run({ schedule, next }, { services }) {
    const { clock, schedules } = services
    const chosen = schedule === undefined ? schedules : [namedSchedule(schedules, schedule)]
    if (next !== undefined) {
      const firings = nextFirings(chosen, clock.now(), Math.min(next, mostFirings))
      return { next: firings.map(shownFiring) }
    }
    const repository = await repositoryIfAny(services)
    const now = clock.now()
    return { schedules: await Promise.all(chosen.map(one => shown(one, repository, now))) }
  },
})

/** Schedules can be looked at before the first backup made a repository. */
async function repositoryIfAny(services: Services): Promise<Repository | undefined> {
  try {
    return await services.repository({ create: false })
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'repository-not-found') return undefined
    throw error
  }
}

async function shown(schedule: Schedule, repository: Repository | undefined, now: Date) {
  const last = repository && (await newestFiring(repository.store, schedule.name, now))
  const [next] = nextFirings([schedule], now, 1)
  return { ...schedule, last: last ?? null, next: next?.at.toISOString() ?? null }
}

const shownFiring = ({
  at,
  schedule: { name, function: called, input },
}: ReturnType<typeof nextFirings>[number]) => ({
  at: at.toISOString(),
  schedule: name,
  function: called,
  input,
})
