import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '#lib/clock'
import type { GivenLimits } from '#lib/config/limits'
import { RespaldoError, throwIfAborted } from '#lib/errors'
import type { Context, FunctionApp } from '#lib/http/create-function'
import { openRepository } from '#lib/repository/repository'
import type { RunRecord, RunRequest } from '#lib/runs/record'
import { memoryStore } from '#lib/store/memory'
import { manualClock } from '../../tests/doubles/clock.ts'
import { testFunction, testRuns } from '../../tests/doubles/runs.ts'
import { emptyServices } from '../../tests/doubles/services.ts'
import { stillServer } from '../../tests/doubles/still-database.ts'

const by = { origin: 'http' as const }
const ask = (name: string, more: Partial<RunRequest> = {}): RunRequest => ({
  function: name,
  input: {},
  by,
  ...more,
})

/** A function that goes on until it is let go or cancelled. */
function held(name = 'held') {
  const began: Record<string, unknown>[] = []
  const going: PromiseWithResolvers<void>[] = []
  const app = testFunction(name, async (input, { signal }) => {
    began.push(input)
    const one = Promise.withResolvers<void>()
    going.push(one)
    signal.addEventListener('abort', () => one.reject(signal.reason))
    signal.throwIfAborted()
    await one.promise
    return { name }
  })
  return { app, began, letGo: () => going.shift()?.resolve() }
}

/** A process with these functions; several may share a store. */
function processOf(
  apps: readonly FunctionApp[],
  {
    store = memoryStore(),
    limits = {},
    clock = systemClock,
  }: { store?: ReturnType<typeof memoryStore>; limits?: GivenLimits; clock?: typeof systemClock } = {},
) {
  const services = emptyServices({
    clock,
    repository: options => openRepository(store, clock, options),
    locate: stillServer().locate,
  })
  const runs = testRuns({ services, limits, apps: Object.fromEntries(apps.map(app => [app.name, app])) })
  const ended: RunRecord[] = []
  runs.onEnd(record => void ended.push(record))
  const stateOf = async (id: string) => (await runs.find(id))?.state
  return { store, runs, ended, stateOf }
}

const until = async (is: () => unknown) => {
  while (!(await is())) await setImmediate()
}

const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    error => error,
  )
  return error instanceof RespaldoError ? error.code : error
}

describe('a run', () => {
  test('is kept from its queue to its end, without what confirms', async () => {
    const app = testFunction('work', async (_, { report }) => {
      report({ type: 'step', step: 's', message: 'working' })
      report({ type: 'warning', message: 'careful' })
      return {
        backup: { sizes: { stored: 70 }, totals: { rows: 5 }, source: { id: 'shop', kind: 'postgres' } },
      }
    })
    const { runs, ended, store } = processOf([app])
    const { record } = await runs.start(ask('work', { input: { confirm: 'shop', value: 1 } }))
    expect(record).toMatchObject({ state: 'queued', input: { value: 1 }, by })
    expect(await runs.result(record.id)).toMatchObject({ backup: { totals: { rows: 5 } } })
    const kept = await runs.find(record.id)
    expect(kept).toMatchObject({
      state: 'succeeded',
      size: 70,
      records: 5,
      source: 'shop',
      warnings: ['careful'],
    })
    expect(kept?.input).toEqual({ value: 1 })
    expect(kept?.peakMemoryBytes).toBeGreaterThan(1e6)
    await until(() => ended.length === 1)
    expect(await Array.fromAsync(store.list('runs/'))).toHaveLength(2)
    expect(await runs.list({ limit: 5 })).toEqual([kept])
  })

  test('that fails has its error, and throws it for who waits', async () => {
    const app = testFunction('fail', () =>
      Promise.reject(
        new RespaldoError('source-unreachable', 'Nobody answers', {
          hint: 'Start it.',
          context: { much: 1 },
        }),
      ),
    )
    const { runs } = processOf([app])
    const { record } = await runs.start(ask('fail'))
    expect(await codeOf(runs.result(record.id))).toBe('source-unreachable')
    expect(await runs.find(record.id)).toMatchObject({
      state: 'failed',
      error: { code: 'source-unreachable', message: 'Nobody answers', hint: 'Start it.' },
    })
  })

  test('that cannot begin is none', async () => {
    const { runs, store } = processOf([held().app])
    expect(await codeOf(runs.start(ask('held', { input: { unknown: 1 } })))).toBe('input-invalid')
    expect(await codeOf(runs.start(ask('list')))).toBe('input-invalid')
    expect(await Array.fromAsync(store.list(''))).toEqual([])
  })

  test('of what does not begin a repository needs one', async () => {
    const app = { ...held().app, begins: false }
    expect(await codeOf(processOf([app]).runs.start(ask('held')))).toBe('repository-not-found')
  })

  test('its events can be read while it goes on and afterwards, and all hear of the end', async () => {
    const go = Promise.withResolvers<void>()
    const app = testFunction('tell', async (_, { report }) => {
      report({ type: 'step', step: 's', message: 'one' })
      await go.promise
      report({ type: 'step', step: 's', message: 'two' })
      return {}
    })
    const { runs, ended } = processOf([app])
    const { record } = await runs.start(ask('tell'))
    const live = Array.fromAsync(runs.events(record.id))
    go.resolve()
    const seen = await live
    expect(seen.map(({ id, event }) => [id, event.type])).toEqual([
      [1, 'step'],
      [2, 'step'],
      [3, 'done'],
    ])
    await until(() => ended.length)
    expect(await Array.fromAsync(runs.events(record.id))).toEqual(seen)
    expect(await Array.fromAsync(runs.events(record.id, 2))).toEqual(seen.slice(2))
  })

  test('a listener that throws harms nobody', async () => {
    const problems: unknown[] = []
    const apps = { work: testFunction('work', async () => ({})) }
    const runs = testRuns({ services: emptyServices(), apps, onProblem: one => void problems.push(one) })
    const heard: string[] = []
    runs.onEnd(() => {
      throw new Error('mine')
    })
    runs.onEnd(({ state }) => void heard.push(state))
    await runs.result((await runs.start(ask('work'))).record.id)
    await until(() => heard.length)
    expect([heard, problems]).toEqual([['succeeded'], [new Error('mine')]])
  })
})

describe('one key', () => {
  test('is one run, for who asks at once and for who asks later', async () => {
    const { app, began } = held()
    const { runs } = processOf([app])
    const one = ask('held', { idempotencyKey: 'delivery 1' })
    const answers = await Promise.all([runs.start(one), runs.start(one), runs.start(one)])
    answers.push(await runs.start(one))
    expect(new Set(answers.map(({ record }) => record.id)).size).toBe(1)
    expect(answers.map(({ repeated }) => repeated)).toEqual([false, true, true, true])
    await until(() => began.length)
    expect(began).toHaveLength(1)
  })

  test('of two runners that share a repository too; 100 keys given to both are 100 runs', async () => {
    const work = testFunction('work', async () => ({ made: true }))
    const first = processOf([work], { limits: { queue: 1000 } })
    const second = processOf([work], { limits: { queue: 1000 }, store: first.store })
    const started = await Promise.all(
      Array.from({ length: 100 }, (_, n) => ask('work', { idempotencyKey: `${n}` })).flatMap(one => [
        first.runs.start(one),
        second.runs.start(one),
      ]),
    )
    const ids = new Set(started.map(({ record }) => record.id))
    expect(ids.size).toBe(100)
    expect(started.filter(({ repeated }) => repeated)).toHaveLength(100)
    for (const id of ids)
      expect(await Promise.all([first.runs.result(id), second.runs.result(id)])).toEqual([
        { made: true },
        { made: true },
      ])
    expect((await first.runs.list({ limit: 500 })).map(({ state }) => state)).toEqual(
      Array(100).fill('succeeded'),
    )
    expect(await Array.fromAsync(first.store.list('runs/open/'))).toEqual([])
  })
})

describe('limits', () => {
  test('so many go at once, so many wait, and the next is told to come again', async () => {
    const { app, began, letGo } = held()
    const { runs } = processOf([app], { limits: { runs: 2, queue: 1 } })
    for (let n = 0; n < 3; n++) await runs.start(ask('held'))
    await until(() => began.length === 2)
    const refused = await runs.start(ask('held')).catch(error => error)
    expect([refused.code, refused.context]).toEqual(['too-many-requests', { retryAfterSeconds: 10 }])
    expect(runs.facts()).toEqual({ running: 2, queued: 1, limit: 2 })
    letGo()
    await until(() => began.length === 3)
    expect(runs.facts()).toEqual({ running: 2, queued: 0, limit: 2 })
  })

  test('a second run on a busy source waits without a place, so that other sources go on', async () => {
    const going: string[] = []
    const go = Promise.withResolvers<void>()
    const work = async (input: Record<string, unknown>, { services, signal }: Context) => {
      const { source } = await services.locate(input, signal)
      going.push(`${source.id} waits: ${input.wait}`)
      await go.promise
      throwIfAborted(signal)
      return {}
    }
    const app = testFunction('back-up', work, { source: z.string(), wait: z.boolean().optional() })
    const { runs } = processOf([app], { limits: { runs: 2 } })
    const start = async (source: string) =>
      (await runs.start(ask('back-up', { input: { source } }))).record.id
    const ids = [await start('a'), await start('a'), await start('b')]
    await until(() => going.length === 2)
    expect(going).toEqual(['a waits: true', 'b waits: true'])
    expect(runs.facts()).toEqual({ running: 2, queued: 1, limit: 2 })
    go.resolve()
    for (const id of ids) await runs.result(id)
    expect(going.at(-1)).toBe('a waits: true')
    expect((await runs.find(ids[1]!))?.source).toBe('a')
  })

  test('a run that takes too long is ended', async () => {
    const clock = manualClock()
    const { runs } = processOf([held().app], { clock, limits: { maximumMinutes: 5 } })
    const { record } = await runs.start(ask('held'))
    const code = codeOf(runs.result(record.id))
    await clock.advance(5 * 60_000)
    expect(await code).toBe('timed-out')
    expect(await runs.find(record.id)).toMatchObject({ state: 'failed', error: { code: 'timed-out' } })
  })
})

describe('cancel', () => {
  test('ends a run that goes on and one that waits, and nothing that is over', async () => {
    const { app } = held()
    const { runs, stateOf, ended } = processOf([app], { limits: { runs: 1 } })
    const [going, waiting] = [await runs.start(ask('held')), await runs.start(ask('held'))].map(
      ({ record }) => record.id,
    )
    await until(async () => (await stateOf(going!)) === 'running')
    for (const id of [waiting!, going!]) expect(await runs.cancel(id, 'a test')).toBe(true)
    await until(() => ended.length === 2)
    expect(ended.map(({ state, error, started }) => [state, error?.message, started === undefined])).toEqual([
      ['cancelled', 'The run was cancelled: a test', true],
      ['cancelled', 'The run was cancelled: a test', false],
    ])
    expect(await runs.cancel(going!, 'again')).toBe(false)
    expect(await codeOf(runs.cancel('20250408t160000z-00000000', 'x'))).toBe('run-not-found')
  })

  test('reaches the runner that has the run', async () => {
    const clock = manualClock()
    const first = processOf([held().app], { clock })
    const second = processOf([held().app], { clock, store: first.store })
    const stop = new AbortController()
    const { record } = await first.runs.start(ask('held'))
    const tended = first.runs.tend(stop.signal)
    expect(await second.runs.cancel(record.id, 'from afar')).toBe(true)
    await clock.advance(2_000)
    await until(() => first.ended.length)
    expect(await second.stateOf(record.id)).toBe('cancelled')
    stop.abort()
    await tended
  })
})

describe('another runner', () => {
  test('gives the events of a run at its end, and its result', async () => {
    const { app, letGo, began } = held()
    const first = processOf([app])
    const second = processOf([app], { store: first.store })
    const { record } = await first.runs.start(ask('held'))
    const events = Array.fromAsync(second.runs.events(record.id))
    await until(() => began.length)
    letGo()
    expect((await events).map(({ event }) => event)).toEqual([{ type: 'done', result: { name: 'held' } }])
    expect(await second.runs.result(record.id)).toEqual({ name: 'held' })
  })

  test('that died leaves runs that the next one marks, tells, and whose readers hear of it', async () => {
    const { app } = held()
    const first = processOf([app])
    const { record } = await first.runs.start(ask('held'))
    await until(async () => (await first.stateOf(record.id)) === 'running')
    const next = testRuns({
      services: emptyServices({
        repository: options => openRepository(first.store, systemClock, options),
        isAlive: () => false,
      }),
    })
    const told: RunRecord[] = []
    next.onEnd(one => void told.push(one))
    const stop = new AbortController()
    const tended = next.tend(stop.signal)
    await until(() => told.length)
    expect(told).toMatchObject([
      { id: record.id, state: 'interrupted', error: { code: 'runner-unavailable' } },
    ])
    expect(await Array.fromAsync(next.events(record.id, 57))).toMatchObject([
      { id: 58, event: { type: 'failed' } },
    ])
    expect(await codeOf(next.result(record.id))).toBe('runner-unavailable')
    stop.abort()
    await tended
  })
})

describe('drain', () => {
  test('takes no new runs, cancels those that wait, and lets the others end within the grace', async () => {
    const { app, began, letGo } = held()
    const { runs, stateOf } = processOf([app], { limits: { runs: 1 } })
    const [going, waiting] = [await runs.start(ask('held')), await runs.start(ask('held'))].map(
      ({ record }) => record.id,
    )
    await until(() => began.length)
    const drained = runs.drain(60_000)
    const refused = await runs.start(ask('held')).catch(error => error)
    expect([refused.code, refused.context.retryAfterSeconds]).toEqual(['runner-unavailable', 30])
    letGo()
    await drained
    expect([await stateOf(going!), await stateOf(waiting!)]).toEqual(['succeeded', 'cancelled'])
  })

  test('cancels what has not ended after the grace', async () => {
    const clock = manualClock()
    const { runs, stateOf } = processOf([held().app], { clock })
    const { record } = await runs.start(ask('held'))
    await until(async () => (await stateOf(record.id)) === 'running')
    const drained = runs.drain(30_000)
    await clock.advance(30_000)
    await drained
    expect(await runs.find(record.id)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
  })
})
