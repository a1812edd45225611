import { setImmediate } from 'node:timers/promises'
import { RespaldoError } from '#lib/errors'
import { openRepository } from '#lib/repository/repository'
import type { RunRecord, RunRequest } from '#lib/runs/record'
import type { Firing } from '#lib/schedule/firing'
import type { Store } from '#lib/store/store'
import { functions } from '../../functions/index.ts'
import type { Runs } from '../../runner/runs.ts'
import { openSchedules, type Schedules } from '../../runner/schedules/open-schedules.ts'
import type { ManualClock } from './clock.ts'
import { emptyServices } from './services.ts'

/** A runner of schedules whose runs do nothing but take their time. */
export interface ScheduleRunner {
  schedules: Schedules
  /** What it was told. */
  told: Firing[]
  /** The runs that it began, in order. */
  started: RunRequest[]
  /** How many go on now. */
  going(): number
  /** From now on it does nothing any more, in the middle of whatever it does. */
  kill(): void
}

export interface ScheduleRunnerOptions {
  clock: ManualClock
  store: Store
  host: string
  /** Milliseconds that a run takes. */
  takes?: number
  /** What a run comes to; throws when it fails. */
  outcome?: (request: RunRequest) => unknown
  /** Called before a run is taken on. */
  admit?: () => void
  isAlive?: (host: string) => boolean | undefined
}

export function scheduleRunner(options: ScheduleRunnerOptions): ScheduleRunner {
  const {
    clock,
    host,
    takes = 0,
    outcome = () => ({}),
    admit = () => {},
    isAlive = () => undefined,
  } = options
  let isDead = false
  const store = mortal(options.store, () => isDead)
  const holder = { host, pid: 1, startedAt: '' }
  const own = mortalClock(clock, () => isDead)
  const services = emptyServices({
    clock: own,
    holder,
    isAlive: ({ host }) => isAlive(host),
    repository: repository => openRepository(store, own, repository),
  })
  const told: Firing[] = []
  const started: RunRequest[] = []
  const results = new Map<string, Promise<unknown>>()
  let going = 0

  async function run(request: RunRequest): Promise<unknown> {
    going += 1
    try {
      await own.sleep(takes)
      return outcome(request)
    } finally {
      going -= 1
    }
  }

  const runs: Pick<Runs, 'start' | 'result' | 'find'> = {
    async start(request) {
      admit()
      const record = { id: `${host}-${started.push(request)}`, input: request.input } as RunRecord
      const result = run(request)
      result.catch(() => {}) // whoever waits for it is told
      results.set(record.id, result)
      return { record, repeated: false }
    },
    result: async id => results.get(id),
    find: async () => undefined,
  }
  const schedules = openSchedules({
    services,
    runs: runs as Runs,
    functions,
    tell: firing => void told.push(firing),
    onProblem: error => {
      if (!isDead) throw error
    },
  })
  return {
    schedules,
    told,
    started,
    going: () => going,
    kill: () => {
      isDead = true
    },
  }
}

/** The error of a queue that is full. */
export const full = (): RespaldoError => new RespaldoError('too-many-requests', 'full')

const never = new Promise<never>(() => {})

/** A store that never answers again once its process is dead; what was written before stays. */
function mortal(store: Store, isDead: () => boolean): Store {
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead()) return never
    const result = await work()
    return isDead() ? never : result
  }
  const stream = async function* <T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) yield isDead() ? await never : item
  }
  return {
    ...store,
    put: (...given) => alive(() => store.put(...given)),
    get: (...given) => stream(store.get(...given)),
    list: (...given) => stream(store.list(...given)),
    delete: (...given) => alive(() => store.delete(...given)),
  }
}

function mortalClock(clock: ManualClock, isDead: () => boolean): ManualClock {
  return {
    ...clock,
    sleep: async (...given) => {
      await clock.sleep(...given)
      if (isDead()) await never
    },
  }
}

/** Time goes on in small steps, so that what one process does is seen by the others before the next step. */
export async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 1000) {
    await clock.advance(Math.min(left, 1000))
    for (let turn = 0; turn < 5; turn++) await setImmediate()
  }
}
