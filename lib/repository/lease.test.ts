import { describe, expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { faultyStore } from '../../tests/doubles/faults.ts'
import { collect, once } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { RunEvent } from '../events.ts'
import { memoryStore } from '../store/memory.ts'
import { type Store, StoreConflict } from '../store/store.ts'
import { acquireLease, type Holder, type LeaseRequest } from './lease.ts'

const source = 'pc_db'
const key = (generation: number) => `leases/${source}/${String(generation).padStart(12, '0')}.json`
const holder = (over: Partial<Holder> = {}): Holder => ({
  host: 'h1',
  pid: 7,
  startedAt: 't1',
  function: 'create',
  ...over,
})

/** Runs on one store; each takes the clock that it is given, so that one can stand still while another's goes on. */
function world(store: Store = memoryStore()) {
  const clock = manualClock()
  const acquire = (
    run: string,
    { at = clock, ...over }: Partial<LeaseRequest> & { at?: typeof clock } = {},
  ) =>
    acquireLease(store, at, {
      source,
      run,
      holder: holder(),
      isAlive: () => undefined,
      wait: false,
      report: () => {},
      ...over,
    })
  const text = async (generation: number) => (await collect(store.get(key(generation)))).toString()
  const generations = async () =>
    (await Array.fromAsync(store.list(`leases/${source}/`))).map(name => Number.parseInt(name.slice(-17), 10))
  return { store, clock, acquire, text, generations }
}

/** Whether a promise has settled, without waiting for it. */
function watched<T>(promise: Promise<T>) {
  const state = { settled: false, promise }
  const settle = () => {
    state.settled = true
  }
  promise.then(settle, settle)
  return state
}

const locked = expect.objectContaining({ code: 'repository-locked' })

describe('one holder', () => {
  test('a source that is free is taken at once', async () => {
    const { acquire, text } = world()
    const lease = await acquire('r1')
    expect(lease).toMatchObject({ generation: 1, previous: undefined, deadRuns: [] })
    expect(lease.signal.aborted).toBe(false)
    await lease.assertHeld()
    expect(JSON.parse(await text(1))).toMatchObject({
      run: 'r1',
      holder: holder(),
      since: '2025-04-08T16:00:00.000Z',
    })
  })

  test('a second one is refused as soon as the first shows that it lives, and is told who it is', async () => {
    const { acquire, clock } = world()
    await acquire('r1')
    const second = watched(acquire('r2'))
    await clock.advance(4_000)
    expect(second.settled).toBe(false)
    await clock.advance(2_000)
    expect(second.settled).toBe(true)
    const failure = await second.promise.catch(error => error)
    expect(failure).toBeInstanceOf(RespaldoError)
    expect(failure).toMatchObject({
      code: 'repository-locked',
      hint: expect.stringContaining('--wait'),
      context: { source, run: 'r1', host: 'h1', pid: 7, function: 'create' },
    })
    for (const part of ['pc_db', 'create', 'r1', 'h1', '7', '2025-04-08T16:00:00'])
      expect(failure.message).toContain(part)
  })

  test('other sources are not concerned, nor what else lies in the folder', async () => {
    const { acquire, store } = world()
    for (const name of ['readers/x.json', 'notes.txt', '99.json', '000000000009.json.bak', 'zzz.json'])
      await store.put(`leases/${source}/${name}`, once('{}'))
    await acquire('r1', { source: 'other' })
    expect((await acquire('r2')).generation).toBe(1)
  })

  test('of twenty at once exactly one takes a source that is free', async () => {
    const { acquire, clock } = world()
    const all = Promise.allSettled(Array.from({ length: 20 }, (_, index) => acquire(`r${index}`)))
    await clock.advance(10_000)
    const results = await all
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(locked)
  })

  test('it is kept for as long as it is renewed', async () => {
    const { acquire, clock, generations } = world()
    const lease = await acquire('r1')
    const other = manualClock()
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000)
      await lease.assertHeld()
    }
    const second = watched(acquire('r2', { at: other }))
    await other.advance(3_000)
    await clock.advance(5_000)
    await other.advance(3_000)
    await expect(second.promise).rejects.toEqual(locked)
    expect(await generations()).toEqual([1])
    expect(lease.signal.aborted).toBe(false)
  })
})

describe('taking over', () => {
  test('from one that does not renew: after one expiry of the own clock, not before', async () => {
    const { acquire } = world()
    await acquire('r1', { at: manualClock() })
    const clock = manualClock()
    const second = watched(acquire('r2', { at: clock }))
    await clock.advance(19_999)
    expect(second.settled).toBe(false)
    await clock.advance(1)
    expect(await second.promise).toMatchObject({
      generation: 2,
      previous: { run: 'r1', holder: holder() },
      deadRuns: ['r1'],
    })
  })

  test('counts from the last sign of life', async () => {
    const { acquire, clock: first } = world()
    await acquire('r1', { at: first })
    const clock = manualClock()
    const second = watched(acquire('r2', { at: clock, wait: true }))
    await clock.advance(18_000)
    await first.advance(5_000)
    await clock.advance(19_000)
    expect(second.settled).toBe(false)
    await clock.advance(2_000)
    expect(await second.promise).toMatchObject({ generation: 2 })
  })

  test('wall clocks do not count, however wrong', async () => {
    for (const [his, mine] of [
      ['1970-01-01', '2100-01-01'],
      ['2100-01-01', '1970-01-01'],
    ]) {
      const { acquire } = world()
      const first = manualClock(new Date(his ?? ''))
      const lease = await acquire('r1', { at: first })
      const clock = manualClock(new Date(mine ?? ''))
      const second = watched(acquire('r2', { at: clock }))
      await clock.advance(10_000)
      first.setNow(new Date('2020-01-01'))
      clock.setNow(new Date('2030-01-01'))
      expect(second.settled).toBe(false)
      await first.advance(5_000)
      await clock.advance(1_000)
      await expect(second.promise).rejects.toEqual(locked)
      await lease.assertHeld()
    }
  })

  test('at once from a process that is gone, after asking for that very holder', async () => {
    const { acquire } = world()
    await acquire('r1', { at: manualClock(), holder: holder({ pid: 42 }) })
    const events: RunEvent[] = []
    const asked: Holder[] = []
    const lease = await acquire('r2', {
      isAlive: who => asked.push(who) < 0,
      report: event => events.push(event),
    })
    expect(asked).toEqual([holder({ pid: 42 })])
    expect(lease).toMatchObject({ generation: 2, previous: { run: 'r1' } })
    expect(events).toEqual([
      { type: 'warning', message: expect.stringMatching(/r1 on h1 \(process 42\) died/) },
    ])
  })

  test('a process that is there but does not renew is no holder either', async () => {
    const { acquire } = world()
    await acquire('r1', { at: manualClock() })
    const clock = manualClock()
    const second = acquire('r2', { at: clock, isAlive: () => true })
    await clock.advance(21_000)
    expect((await second).generation).toBe(2)
  })

  test.for([
    ['expired', undefined],
    ['known to be dead', false],
  ] as const)('of twenty at once exactly one takes a lease that is %s', async ([, alive]) => {
    const { acquire, generations } = world()
    await acquire('r1', { at: manualClock() })
    const clock = manualClock()
    const isAlive = ({ startedAt }: Holder) => (startedAt === 't1' ? alive : undefined)
    const all = Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        acquire(`n${index}`, { at: clock, isAlive, holder: holder({ startedAt: 't2' }) }),
      ),
    )
    await clock.advance(30_000)
    const results = await all
    const won = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    expect(won).toHaveLength(1)
    await won[0]?.assertHeld()
    expect(won[0]).toMatchObject({ generation: 2, previous: { run: 'r1' } })
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(locked)
    expect(await generations()).toEqual([1, 2])
  })

  test.for(['', 'garbage', 'null', '{"run":1}', `"${'x'.repeat(100_000)}"`])(
    'an object that is no lease counts by its age alone: %#',
    async content => {
      const { acquire, clock, store } = world()
      await store.put(key(5), once(content))
      const second = watched(acquire('r2', { isAlive: () => false }))
      await clock.advance(19_000)
      expect(second.settled).toBe(false)
      await clock.advance(1_000)
      expect(await second.promise).toMatchObject({ generation: 6, previous: undefined, deadRuns: [] })
    },
  )

  test('remembers all who died until somebody says that what they left was ended, also over a release', async () => {
    const { acquire, clock } = world()
    const isAlive = () => false
    await acquire('a', { at: manualClock() })
    await acquire('b', { at: manualClock(), isAlive })
    const third = await acquire('c', { isAlive })
    expect(third).toMatchObject({ previous: { run: 'b' }, deadRuns: ['a', 'b'] })
    await clock.advance(6_000)
    await third.release()
    const fourth = await acquire('d', { isAlive })
    expect(fourth).toMatchObject({ previous: undefined, deadRuns: ['a', 'b'] })
    fourth.deadRunsEnded()
    expect(fourth.deadRuns).toEqual(['a', 'b'])
    await fourth.release()
    expect((await acquire('e', { isAlive })).deadRuns).toEqual([])
  })
})

describe('a holder that stood still', () => {
  async function takenOver() {
    const the = world()
    const stopped = manualClock()
    const first = await the.acquire('r1', { at: stopped })
    const second = the.acquire('r2', { at: the.clock })
    await the.clock.advance(20_000)
    return { ...the, stopped, first, second: await second }
  }

  test('fails at its next look, also when its own clock stood still', async () => {
    const { first, second } = await takenOver()
    await expect(first.assertHeld()).rejects.toMatchObject({
      code: 'repository-locked',
      message: expect.stringContaining('r2'),
      hint: expect.any(String),
    })
    expect(first.signal).toMatchObject({ aborted: true, reason: { code: 'repository-locked' } })
    await expect(first.assertHeld()).rejects.toBe(first.signal.reason)
    await second.assertHeld()
  })

  test('finds out by itself at its next renewal', async () => {
    const { first, stopped } = await takenOver()
    await stopped.advance(5_000)
    expect(first.signal).toMatchObject({ aborted: true, reason: { code: 'repository-locked' } })
  })

  test('changes nothing of its successor, neither by renewing nor by releasing', async () => {
    const { first, second, stopped, clock, text, generations } = await takenOver()
    const before = await text(2)
    await stopped.advance(60_000)
    await first.release()
    expect(await text(2)).toBe(before)
    expect(await generations()).toEqual([1, 2])
    await clock.advance(60_000)
    await second.assertHeld()
  })

  test('has lost it after an expiry, also when nobody took over', async () => {
    const { acquire, clock } = world()
    const lease = await acquire('r1')
    clock.skip(20_000)
    await expect(lease.assertHeld()).rejects.toMatchObject({ message: expect.stringContaining('20 seconds') })
    expect(lease.signal.aborted).toBe(true)
    await lease.release()
    expect(await acquire('r2')).toMatchObject({ generation: 2, previous: undefined })
  })

  test('between its look and its write: the write means nothing', async () => {
    const store = memoryStore()
    const { acquire, text, generations } = world(store)
    const gate = Promise.withResolvers<void>()
    let waiting = false
    const gated: Store = {
      ...store,
      async put(name, content, options) {
        waiting = options?.overwrite === true
        if (waiting) await gate.promise
        return store.put(name, content)
      },
    }
    const stopped = manualClock()
    const first = await world(gated).acquire('r1', { at: stopped })
    await stopped.advance(5_000)
    expect(waiting).toBe(true)

    const clock = manualClock()
    const taking = acquire('r2', { at: clock })
    await clock.advance(20_000)
    const second = await taking
    const last = await acquire('r3', { at: manualClock(), isAlive: () => false })
    await expect.poll(generations).toEqual([2, 3])
    gate.resolve()
    await stopped.advance(1)
    expect(JSON.parse(await text(1)).run).toBe('r1')
    await expect(first.assertHeld()).rejects.toEqual(locked)
    await expect(second.assertHeld()).rejects.toEqual(locked)
    await last.assertHeld()
  })
})

describe('who comes late', () => {
  test('writes a generation that is past, and does not hold it', async () => {
    const store = memoryStore()
    const { acquire, clock } = world(store)
    for (const run of ['a', 'b', 'c']) await (await acquire(run)).release()
    const current = await acquire('current')
    // Saw the empty folder long ago and writes only now.
    let lists = 0
    const stale: Store = {
      ...store,
      list: (prefix, options) => (lists++ === 0 ? memoryStore().list(prefix) : store.list(prefix, options)),
    }
    const late = watched(world(stale).acquire('late', { at: clock }))
    await clock.advance(10_000)
    await expect(late.promise).rejects.toMatchObject({
      code: 'repository-locked',
      context: { run: 'current' },
    })
    await current.assertHeld()
    await current.release()
    expect((await acquire('next')).generation).toBe(5)
  })

  test('takes the next generation when the one that it saw was released meanwhile', async () => {
    const { acquire, clock } = world()
    const first = await acquire('r1', { at: manualClock() })
    const second = acquire('r2')
    await clock.advance(2_000)
    await first.release()
    await clock.advance(1_000)
    expect(await second).toMatchObject({ generation: 2, previous: undefined })
  })
})

describe('release', () => {
  test('the next one is in at once, without a predecessor; generations only grow and are cleared', async () => {
    const { acquire, generations } = world()
    for (let generation = 1; generation <= 5; generation++) {
      const lease = await acquire(`r${generation}`)
      expect(lease).toMatchObject({ generation, previous: undefined })
      await lease.release()
    }
    await expect.poll(generations).toEqual([4, 5])
  })

  test('twice, and afterwards the lease is not held', async () => {
    const { acquire, clock, text } = world()
    const lease = await acquire('r1')
    await lease.release()
    const before = await text(1)
    await lease.release()
    await clock.advance(60_000)
    expect(await text(1)).toBe(before)
    expect(clock.sleepers).toBe(0)
    await expect(lease.assertHeld()).rejects.toEqual(locked)
  })

  test('never throws; the lease expires then', async () => {
    const store = faultyStore(memoryStore())
    const { acquire } = world(store)
    const lease = await acquire('r1', { at: manualClock() })
    store.arrange({ nth: 1, method: 'put', error: new RespaldoError('store-unavailable', 'gone') })
    await lease.release()
    const clock = manualClock()
    const second = acquire('r2', { at: clock })
    await clock.advance(21_000)
    expect((await second).previous).toMatchObject({ run: 'r1' })
  })

  test('waits for a renewal that is on its way, which would undo it', async () => {
    const store = memoryStore()
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const slow: Store = {
      ...store,
      async put(name, content, options) {
        const text = (await collect(content)).toString()
        if (options?.overwrite && !text.includes('released')) await gate.promise
        order.push(text.includes('released') ? 'released' : 'held')
        return store.put(name, once(text), { overwrite: options?.overwrite ?? true })
      },
    }
    const { acquire, clock, text } = world(slow)
    const lease = await acquire('r1')
    await clock.advance(5_000)
    const releasing = lease.release()
    await clock.advance(1_000)
    expect(order).toEqual(['held'])
    gate.resolve()
    await releasing
    expect(order).toEqual(['held', 'held', 'released'])
    expect(JSON.parse(await text(1))).toMatchObject({ released: true })
  })
})

describe('waiting', () => {
  test('ends when the source is free, and says for whom it waits', async () => {
    const { acquire, clock } = world()
    const first = await acquire('r1')
    const events: RunEvent[] = []
    const second = watched(acquire('r2', { wait: true, report: event => events.push(event) }))
    await clock.advance(300_000)
    expect(second.settled).toBe(false)
    expect(events).toEqual([{ type: 'step', step: 'lease', message: expect.stringContaining('r1') }])
    await first.release()
    await clock.advance(1_000)
    expect(await second.promise).toMatchObject({ generation: 2, previous: undefined })
  })

  test('several get it one after the other', async () => {
    const { acquire, clock } = world()
    let holding = 0
    const turn = async (run: string) => {
      const lease = await acquire(run, { wait: true })
      holding += 1
      expect(holding).toBe(1)
      await clock.sleep(7_000)
      await lease.assertHeld()
      holding -= 1
      await lease.release()
      return lease.generation
    }
    const all = Promise.all(['a', 'b', 'c', 'd'].map(turn))
    await clock.advance(60_000)
    expect((await all).toSorted()).toEqual([1, 2, 3, 4])
  })

  test('ends with the signal, and leaves no trace', async () => {
    const { acquire, clock, generations } = world()
    const first = await acquire('r1')
    for (const wait of [true, false]) {
      const abort = new AbortController()
      const second = acquire('r2', { wait, signal: abort.signal })
      await clock.advance(2_000)
      abort.abort()
      await expect(second).rejects.toMatchObject({ code: 'cancelled' })
    }
    await first.assertHeld()
    expect(await generations()).toEqual([1])
  })

  test('does not begin when the signal is aborted already', async () => {
    const { acquire, generations } = world()
    await expect(acquire('r1', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' })
    expect(await generations()).toEqual([])
  })
})

describe('a store that fails', () => {
  const unavailable = new RespaldoError('store-unavailable', 'the share is gone')

  test('for a while: the lease is renewed afterwards', async () => {
    const store = faultyStore(memoryStore())
    const { acquire, clock } = world(store)
    const lease = await acquire('r1')
    store.arrange(...[1, 2, 3, 4, 5].map(nth => ({ nth, method: 'put' as const, error: unavailable })))
    await clock.advance(120_000)
    expect(lease.signal.aborted).toBe(false)
    await lease.assertHeld()
  })

  test('for an expiry: the lease is lost, and why is its cause', async () => {
    const store = faultyStore(memoryStore())
    const { acquire, clock } = world(store)
    const lease = await acquire('r1')
    store.arrange(
      ...Array.from({ length: 50 }, (_, index) => ({
        nth: index + 1,
        method: 'list' as const,
        error: unavailable,
      })),
    )
    await clock.advance(19_000)
    expect(lease.signal.aborted).toBe(false)
    await clock.advance(1_000)
    expect(lease.signal).toMatchObject({
      aborted: true,
      reason: { code: 'repository-locked', cause: unavailable },
    })
    await expect(lease.assertHeld()).rejects.toBe(lease.signal.reason)
  })

  test('by not answering: the lease is lost all the same', async () => {
    const store = memoryStore()
    const hanging: Store = {
      ...store,
      put: (name, content, options) =>
        options?.overwrite ? new Promise(() => {}) : store.put(name, content, options),
    }
    const { acquire, clock } = world(hanging)
    const lease = await acquire('r1')
    await clock.advance(20_000)
    expect(lease.signal.aborted).toBe(true)
    const releasing = lease.release()
    await clock.advance(5_000)
    await releasing
    expect(clock.sleepers).toBe(0)
  })

  test('in the last look: who asks is told so', async () => {
    const store = faultyStore(memoryStore())
    const { acquire } = world(store)
    const lease = await acquire('r1')
    store.arrange({ nth: 1, method: 'get', error: unavailable })
    await expect(lease.assertHeld()).rejects.toBe(unavailable)
    await lease.assertHeld()
  })

  test('by losing its answer: a repetition that meets itself holds the lease', async () => {
    const store = memoryStore()
    const repeating: Store = {
      ...store,
      async put(name, content, options) {
        await store.put(name, content, options)
        if (options?.overwrite === false) throw new StoreConflict(name)
        return { key: name, size: 0 }
      },
    }
    const lease = await world(repeating).acquire('r1')
    expect(lease.generation).toBe(1)
    await lease.assertHeld()
  })

  test('at any call while it is taken: either it is held, or the next one is in at once', async () => {
    let calls = 0
    for (let nth = 1; ; nth++) {
      for (const when of ['before', 'after'] as const) {
        const store = faultyStore(memoryStore())
        const { acquire } = world(store)
        await (await acquire('r0')).release()
        store.arrange({ nth, error: unavailable, when })
        const outcome = await acquire('r1').catch(error => error)
        calls = store.calls.length
        store.arrange()
        if (outcome === unavailable) expect(await acquire('r2')).toMatchObject({ previous: undefined })
        else await outcome.assertHeld()
      }
      if (nth > calls) break
    }
    expect(calls).toBeGreaterThan(4)
  })
})

test('a folder of leases that somebody removes ends the lease, which is not written again, even over its successor of the same number', async () => {
  const { acquire, clock, store, text } = world()
  const stopped = manualClock()
  const first = await acquire('r1', { at: stopped })
  await store.delete([key(1)])
  const second = await acquire('r2')
  expect(second.generation).toBe(1)
  const before = await text(1)
  await stopped.advance(10_000)
  await first.release()
  expect(first.signal.aborted).toBe(true)
  expect(await text(1)).toBe(before)
  await second.assertHeld()

  await store.delete([key(1)])
  await clock.advance(5_000)
  expect(second.signal).toMatchObject({
    aborted: true,
    reason: { message: expect.stringContaining('removed') },
  })
  expect(await Array.fromAsync(store.list('leases/'))).toEqual([])
})
