import { RespaldoError } from '#lib/errors'
import type { Schedule } from '#lib/schedule/schedule'
import { openWatchman, type Watchman } from '#lib/schedule/watchman'
import type { Store } from '#lib/store/store'
import { slept } from '../runs/tending.ts'
import { carryOut } from './firing-run.ts'
import { follow } from './follow.ts'
import type { SchedulesOptions } from './parts.ts'
import { openTurns } from './turns.ts'

/** The schedules of this process. */
export interface Schedules {
  /** Fires these from now on instead of those before. What goes on goes on. */
  use(schedules: readonly Schedule[]): void
  /** Fires nothing any more. Resolves when what was begun is over, which is for who has the runs to bring about. */
  stop(): Promise<void>
}

/** Milliseconds until a repository that could not be opened is tried again. */
const retryMilliseconds = 5_000

/** Milliseconds between two looks at what other runners have claimed. */
const lookMilliseconds = 5_000

/** Opens the schedules of this process, of which there are none before `use`. A schedule needs a repository, so one is made where there is none. */
export function openSchedules(options: SchedulesOptions): Schedules {
  const { services, onProblem } = options
  const { clock, isAlive } = services
  const stopped = new AbortController()
  const underWay = new Set<Promise<void>>()
  const inTurn = openTurns()
  let replaced = new AbortController()

  async function fireAll(schedules: readonly Schedule[], stop: AbortSignal): Promise<void> {
    const store = await openStore(stop)
    if (!store) return
    const parts = { ...options, store, inTurn, stop: stopped.signal }
    const watchman = openWatchman(store, clock, { isAlive })
    const begin = (claimed: Parameters<typeof carryOut>[0]) =>
      track(carryOut(claimed, parts).then(options.tell))
    const all = schedules.map(schedule => follow(schedule, { ...parts, watchman, begin }, stop))
    await Promise.all([...all, lookAfter(watchman, stop)])
  }

  async function openStore(stop: AbortSignal): Promise<Store | undefined> {
    while (!stop.aborted) {
      try {
        return (await services.repository({ create: true })).store
      } catch (error) {
        onProblem(error)
        await slept(clock, retryMilliseconds, stop)
      }
    }
    return undefined
  }

  async function lookAfter(watchman: Watchman, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      for (const firing of await marked(watchman)) options.tell(firing)
      await slept(clock, lookMilliseconds, stop)
    }
  }

  const marked = (watchman: Watchman) =>
    watchman.mark().catch(error => {
      onProblem(error)
      return []
    })

  function track(work: Promise<void>): void {
    const tracked = work.catch(onProblem).finally(() => underWay.delete(tracked))
    underWay.add(tracked)
  }

  return {
    use(schedules) {
      replaced.abort()
      replaced = new AbortController()
      if (schedules.length > 0) track(fireAll(schedules, AbortSignal.any([stopped.signal, replaced.signal])))
    },
    async stop() {
      stopped.abort(new RespaldoError('cancelled', 'The runner stopped before it ran'))
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
