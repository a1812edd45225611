import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collect } from '#lib/bytes'
import { parseConfig } from '#lib/config'
import { schedulesOf } from '#lib/config/schedules'
import type { Firing } from '#lib/schedule/firing'
import type { Schedule } from '#lib/schedule/schedule'
import { memoryStore } from '#lib/store/memory'
import type { Store } from '#lib/store/store'
import { manualClock } from '../../tests/doubles/clock.ts'
import {
  full,
  pass,
  type ScheduleRunnerOptions,
  scheduleRunner,
} from '../../tests/doubles/schedule-runner.ts'

const start = new Date('2026-01-01T10:00:30Z')
const hour = 3_600_000

const named = (given: Parameters<typeof schedulesOf>[0]): Schedule[] => schedulesOf(given, 'UTC')
const [hourly] = named({ hourly: { every: 'hourly', input: { source: 'shop' } } }) as [Schedule]
const minutely = (name: string, part: object = {}): Schedule[] =>
  named({ [name]: { cron: '* * * * *', input: { source: name }, ...part } })

function world(at = start) {
  const clock = manualClock(at)
  const store = memoryStore()
  const runner = (host: string, part: Partial<ScheduleRunnerOptions> = {}) =>
    scheduleRunner({ clock, store, host, ...part })
  return { clock, store, runner }
}

async function firings(store: Store): Promise<Firing[]> {
  const keys = await Array.fromAsync(store.list('schedules/'))
  const all = await Promise.all(keys.map(async key => JSON.parse((await collect(store.get(key))).toString())))
  return all as Firing[]
}

const short = ({ at, state }: Firing) => `${at.slice(11, 16)} ${state}`
const moments = (started: { idempotencyKey?: string | undefined }[]) =>
  started.map(({ idempotencyKey }) => idempotencyKey!)

describe('firing', () => {
  test('nothing of before it was there; then each moment, once', async () => {
    const { clock, store, runner } = world()
    const one = runner('a')
    one.schedules.use([hourly])
    await pass(clock, 2 * hour)
    expect((await firings(store)).map(short)).toEqual(['10:00 skipped', '11:00 succeeded', '12:00 succeeded'])
    expect(one.started[0]).toEqual({
      function: 'create',
      input: { source: 'shop' },
      by: { origin: 'cron', name: 'hourly' },
      idempotencyKey: 'schedule/hourly/2026-01-01T11:00:00.000Z/1',
    })
  })

  test('after downtime the newest that was missed, once', async () => {
    const { clock, store, runner } = world()
    const first = runner('a')
    first.schedules.use([hourly])
    await pass(clock, 1.5 * hour)
    await first.schedules.stop()
    await clock.advance(5 * hour)
    const second = runner('b')
    second.schedules.use([hourly])
    await pass(clock, 10_000)
    expect((await firings(store)).map(short)).toEqual(['10:00 skipped', '11:00 succeeded', '16:00 succeeded'])
  })

  test('what follows comes after success only, with the same source', async () => {
    const { clock, runner } = world()
    const text =
      'schedules: { nightly: { cron: "* * * * *", input: { container: db }, then: [verify, { run: apply-retention, input: { dryRun: true } }] } }'
    const [schedule] = named(parseConfig(text, 'respaldo.yaml').schedules) as [Schedule]
    const backup = { sizes: {}, totals: {}, source: { id: 'shop' } }
    const one = runner('a', { outcome: request => (request.function === 'create' ? { backup } : {}) })
    one.schedules.use([schedule])
    await pass(clock, 40_000)
    expect(one.started.map(({ function: name, input }) => [name, input])).toEqual([
      ['create', { container: 'db' }],
      ['verify', { source: 'shop' }],
      ['apply-retention', { dryRun: true, source: 'shop' }],
    ])
    const two = runner('b', {
      outcome: ({ function: name }) => {
        if (name === 'verify') throw new Error('it is damaged')
        return { databases: [{ backup }, { backup: { ...backup, source: { id: 'wiki' } } }] }
      },
    })
    await one.schedules.stop()
    two.schedules.use([schedule])
    await pass(clock, 60_000)
    expect(two.started.map(({ function: name, input }) => [name, input])).toEqual([
      ['create', { container: 'db' }],
      ['verify', { source: 'shop' }],
    ])
    expect(two.told).toMatchObject([
      { state: 'failed', why: 'internal: it is damaged', runs: ['b-1', 'b-2'] },
    ])
  })

  test('one that still goes on lets the next ones out, also those of another runner', async () => {
    const { clock, store, runner } = world()
    const takes = 150_000
    const one = runner('a', { takes })
    one.schedules.use(minutely('m'))
    await pass(clock, 31_000)
    const two = runner('b', { takes })
    two.schedules.use(minutely('m'))
    await pass(clock, 180_000)
    expect((await firings(store)).map(short)).toEqual([
      '10:00 skipped',
      '10:01 succeeded',
      '10:02 skipped',
      '10:03 skipped',
      '10:04 claimed',
    ])
    expect(one.started.length + two.started.length).toBe(2)
    const blocked = [...one.told, ...two.told].filter(({ blockedBy }) => blockedBy)
    expect(blocked.map(({ blockedBy }) => blockedBy)).toEqual(Array(2).fill('2026-01-01T10:01:00.000Z'))
  })

  test('two schedules of one function and source go one after the other, others at once', async () => {
    const { clock, runner } = world()
    const one = runner('a', { takes: 20_000 })
    const on = (source: string, run = 'create') => ({ cron: '* * * * *', run, input: { source } })
    one.schedules.use(named({ a: on('shop'), b: on('shop'), c: on('wiki'), d: on('shop', 'verify') }))
    await pass(clock, 31_000)
    expect([one.started.length, one.going()]).toEqual([3, 3])
    await pass(clock, 20_000)
    expect([one.started.length, one.going()]).toEqual([4, 1])
  })

  test('a full queue is asked again until it has room', async () => {
    const { clock, store, runner } = world()
    let places = 0
    const one = runner('a', {
      admit: () => {
        if (places-- <= 0) throw full()
      },
    })
    one.schedules.use(minutely('m'))
    await pass(clock, 40_000)
    expect(one.started).toHaveLength(0)
    places = 1
    await pass(clock, 2_000)
    expect((await firings(store)).map(short)).toEqual(['10:00 skipped', '10:01 succeeded'])
  })

  test('other schedules instead: those before fire no more, and what goes on goes on', async () => {
    const { clock, store, runner } = world()
    const one = runner('a', { takes: 45_000 })
    one.schedules.use(minutely('old'))
    await pass(clock, 31_000)
    one.schedules.use(minutely('new'))
    await pass(clock, 120_000)
    const ended = await firings(store)
    expect(ended.filter(({ schedule }) => schedule === 'old').map(short)).toEqual([
      '10:00 skipped',
      '10:01 succeeded',
    ])
    expect(ended.filter(({ schedule }) => schedule === 'new').map(short)).toEqual([
      '10:01 skipped',
      '10:02 succeeded',
      '10:03 claimed',
    ])
  })
})

describe('a runner that dies', () => {
  test.each([
    [
      'before anything ran',
      0,
      {
        admit: () => {
          throw full()
        },
      },
    ],
    ['in its run', 1, { takes: hour }],
  ])('%s leaves a firing that is marked interrupted, told, and not fired again', async (_, ran, part) => {
    const { clock, store, runner } = world()
    const one = runner('a', part)
    const two = runner('b')
    one.schedules.use([hourly])
    await pass(clock, hour - 10_000)
    two.schedules.use([])
    one.kill()
    expect((await firings(store)).map(short)).toEqual(['10:00 skipped', '11:00 claimed'])
    two.schedules.use([hourly])
    await pass(clock, 15_000)
    expect(two.told).toEqual([])
    await pass(clock, 15_000)
    expect((await firings(store)).map(short)).toEqual(['10:00 skipped', '11:00 interrupted'])
    expect(two.told.map(short)).toEqual(['11:00 interrupted'])
    expect([one.started.length, two.started.length]).toEqual([ran, 0])
  })

  test('is told at once where its process can be looked at, and holds up no firing that is due', async () => {
    const { clock, store, runner } = world()
    const one = runner('a', { takes: hour })
    one.schedules.use([hourly])
    await pass(clock, hour)
    one.kill()
    await clock.advance(2 * hour)
    const two = runner('b', { isAlive: host => host !== 'a' })
    two.schedules.use([hourly])
    await pass(clock, 6_000)
    expect((await firings(store)).map(short)).toEqual([
      '10:00 skipped',
      '11:00 interrupted',
      '13:00 succeeded',
    ])
  })

  test('and whose death nobody can see holds up the missed firing for its expiry, not for good', async () => {
    const { clock, store, runner } = world()
    const one = runner('a', { takes: hour })
    one.schedules.use([hourly])
    await pass(clock, hour)
    one.kill()
    await clock.advance(2 * hour)
    const two = runner('b')
    two.schedules.use([hourly])
    await pass(clock, 30_000)
    expect((await firings(store)).map(short)).toEqual([
      '10:00 skipped',
      '11:00 interrupted',
      '13:00 succeeded',
    ])
  })
})

describe('a clock that is set', () => {
  test.each([
    ['forward', hour],
    ['back', -hour],
  ])('an hour %s fires nothing twice', async (_, by) => {
    const { clock, store, runner } = world()
    const one = runner('a')
    one.schedules.use([hourly, ...minutely('minutely')])
    await pass(clock, 0.7 * hour)
    clock.setNow(new Date(clock.now().getTime() + by))
    await pass(clock, 0.7 * hour)
    clock.setNow(new Date(clock.now().getTime() - by))
    await pass(clock, 0.7 * hour)
    const all = moments(one.started)
    expect(new Set(all).size).toBe(all.length)
    const minutes = (await firings(store)).filter(({ schedule }) => schedule === 'minutely')
    const now = clock.now().toISOString()
    expect(minutes.map(({ at }) => at.slice(0, 16))).toContain(now.slice(0, 16))
  })

  test('back over a schedule that is new does not keep it from firing', async () => {
    const { clock, store, runner } = world(new Date('2026-01-01T13:00:30Z'))
    const one = runner('a')
    one.schedules.use(minutely('m'))
    await pass(clock, 5_000)
    clock.setNow(new Date('2026-01-01T12:00:30Z'))
    await pass(clock, 60_000)
    expect((await firings(store)).map(short)).toContain('12:01 succeeded')
  })
})

describe('several runners', () => {
  test('50 schedules a minute for three minutes, one of two runners killed: every firing claimed exactly once', async () => {
    const { clock, store, runner } = world(new Date('2026-01-01T09:59:59Z'))
    const all = Array.from({ length: 50 }, (_, index) => minutely(`s${index}`, { jitterSeconds: 20 })).flat()
    const one = runner('a', { takes: 2_000 })
    const two = runner('b', { takes: 2_000 })
    for (const { schedules } of [one, two]) schedules.use(all)
    await pass(clock, 68_000)
    one.kill()
    await pass(clock, 112_000)
    const claimed = await firings(store)
    // The moment before the start, and those of 10:00, :01 and :02.
    expect(claimed.filter(({ state }) => state === 'skipped')).toHaveLength(50)
    expect(claimed).toHaveLength(200)
    const begun = [...one.started, ...two.started]
    expect(new Set(moments(begun)).size).toBe(begun.length)
    const interrupted = claimed.filter(({ state }) => state === 'interrupted')
    expect(interrupted.length).toBeGreaterThan(0)
    const done = claimed.filter(({ state }) => state === 'succeeded').length
    const open = claimed.filter(({ state }) => state === 'claimed').length
    expect(done + open + interrupted.length).toBe(150)
    expect(two.told.filter(({ state }) => state === 'interrupted')).toHaveLength(interrupted.length)
  })

  test('whatever is killed whenever: no moment is claimed or run twice, and none is left out while one lives', async () => {
    const kills = fc.array(fc.record({ runner: fc.nat(2), after: fc.integer({ min: 0, max: 20 }) }), {
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(kills, fc.integer({ min: 0, max: 25_000 }), async (kills, takes) => {
        const { clock, store, runner } = world(new Date('2026-01-01T10:00:00.500Z'))
        const [schedule] = named({ s: { cron: '*/10 * * * * *' } }) as [Schedule]
        let count = 0
        const born = () => {
          const one = runner(`r${count++}`, { takes })
          one.schedules.use([schedule])
          return one
        }
        const living = [born(), born(), born()]
        const everybody = [...living]
        for (const { runner, after } of kills) {
          await pass(clock, after * 1000 + 1000)
          living[runner]!.kill()
          living[runner] = born()
          everybody.push(living[runner]!)
        }
        await pass(clock, 20_000)
        const ran = everybody.flatMap(({ started }) => moments(started))
        expect(new Set(ran).size).toBe(ran.length)
        const at = (await firings(store)).map(firing => Date.parse(firing.at))
        const gaps = at.slice(1).map((moment, index) => moment - at[index]!)
        expect(gaps.filter(gap => gap !== 10_000)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
