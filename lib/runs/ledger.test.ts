import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { faultyStore } from '../../tests/doubles/faults.ts'
import { runRecord } from '../../tests/fixtures/runs.ts'
import { collect, once } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { memoryStore } from '../store/memory.ts'
import { askToCancel } from './cancel-object.ts'
import { openLedger } from './ledger.ts'
import type { RunHolder } from './record.ts'
import { readEvents, readRun } from './run-object.ts'

const clock = manualClock()
const full = new RespaldoError('store-unavailable', 'The store is away')
const queued = (number: number) => runRecord(`20250408t160000z-0000000${number}`, { state: 'queued' })
const holder = (pid: number): RunHolder => ({ host: 'here', pid, startedAt: '' })

function runner(
  store = memoryStore(),
  {
    pid = 1,
    isAlive = () => undefined,
  }: { pid?: number; isAlive?: (holder: RunHolder) => boolean | undefined } = {},
) {
  const problems: unknown[] = []
  const onProblem = (error: unknown) => void problems.push(error)
  return { store, problems, ledger: openLedger(store, clock, { holder: holder(pid), isAlive, onProblem }) }
}

const openRunners = (store: ReturnType<typeof memoryStore>) => Array.fromAsync(store.list('runs/open/'))

describe('ledger', () => {
  test('while runs are open their runner says so; then nothing but the records is left', async () => {
    const { store, ledger } = runner()
    await Promise.all([1, 2, 3].map(number => ledger.queue(queued(number), undefined)))
    expect(await openRunners(store)).toHaveLength(1)
    for (const number of [1, 2, 3]) await ledger.keep({ ...queued(number), state: 'succeeded' }, [])
    expect(await openRunners(store)).toEqual([])
    expect(await readRun(store, queued(2).id)).toMatchObject({ state: 'succeeded' })
  })

  test('nothing is kept of a run whose key is another one’s', async () => {
    const { store, ledger } = runner()
    const other = runner(store, { pid: 2 })
    const key = { function: 'create', key: 'k' }
    expect(await ledger.queue(queued(1), key)).toBe(queued(1).id)
    expect(await other.ledger.queue(queued(2), key)).toBe(queued(1).id)
    expect(await readRun(store, queued(2).id)).toBeUndefined()
    expect(await openRunners(store)).toHaveLength(1)
  })

  test.each([
    ['its record', /2025-04-08/],
    ['its key', /idempotency/],
    ['its runner’s', /open/],
  ])('of a run that cannot be kept as queued, for %s, nothing is left', async (_, key) => {
    const store = faultyStore(memoryStore(), { nth: 1, key, method: 'put', error: full })
    const { ledger } = runner(store)
    await expect(ledger.queue(queued(1), { function: 'create', key: 'k' })).rejects.toBe(full)
    expect(await Array.fromAsync(store.list(''))).toEqual([])
  })

  test('what a runner says of its runs never lands on what it said later', async () => {
    const store = memoryStore()
    const late = Promise.withResolvers<void>()
    let first = true
    const slow: typeof store = {
      ...store,
      async put(key, content, options) {
        const isLate = first
        first = false
        const bytes = await collect(content)
        if (isLate) await late.promise
        return store.put(key, once(bytes), options)
      },
    }
    const { ledger } = runner(slow)
    const one = ledger.queue(queued(1), undefined)
    await setImmediate()
    const two = ledger.queue(queued(2), undefined)
    await setImmediate()
    late.resolve()
    await Promise.all([one, two])
    const [key] = await openRunners(store)
    const said: unknown = JSON.parse((await collect(store.get(key!))).toString())
    expect(said).toMatchObject({ runs: [queued(1).id, queued(2).id] })
  })

  test('an end that could not be written is written later, and until then the run counts as open', async () => {
    const store = faultyStore(memoryStore())
    const { ledger, problems } = runner(store)
    await ledger.queue(queued(1), undefined)
    store.arrange({ nth: 1, key: /\.json$/, method: 'put', error: full })
    const events = [{ id: 1, time: 't', event: { type: 'done' as const, result: {} } }]
    expect(await ledger.keep({ ...queued(1), state: 'succeeded' }, events)).toBe(false)
    expect(problems).toEqual([full])
    expect(await openRunners(store)).toHaveLength(1)
    await ledger.tend()
    expect(await readRun(store, queued(1).id)).toMatchObject({ state: 'succeeded' })
    expect(await readEvents(store, queued(1).id)).toEqual(events)
    expect(await openRunners(store)).toEqual([])
  })

  test('whatever is written again, an older record never lands on a newer one', async () => {
    const store = memoryStore()
    const late = Promise.withResolvers<void>()
    let running = 0
    const slow: typeof store = {
      ...store,
      async put(key, content, options) {
        const bytes = await collect(content)
        if (bytes.includes('"running"') && ++running > 1) await late.promise
        return store.put(key, once(bytes), options)
      },
    }
    const { ledger } = runner(slow)
    await ledger.queue(queued(1), undefined)
    const first = ledger.keep({ ...queued(1), state: 'running' })
    const again = ledger.tend()
    await first
    await ledger.keep({ ...queued(1), state: 'succeeded' }, [])
    late.resolve()
    await again
    expect(await readRun(store, queued(1).id)).toMatchObject({ state: 'succeeded' })
  })

  test('only its own open runs are cancelled for who asks, once', async () => {
    const { store, ledger } = runner()
    await ledger.queue(queued(1), undefined)
    await askToCancel(store, queued(1).id, 'enough')
    await askToCancel(store, queued(2).id, 'of another runner')
    expect(await ledger.toCancel()).toEqual([{ id: queued(1).id, reason: 'enough' }])
    expect(await ledger.toCancel()).toEqual([])
    expect(await Array.fromAsync(store.list('runs/cancel/'))).toHaveLength(1)
  })
})

describe('interruptions', () => {
  test('the runs of a process that is gone are marked at once, the others are left alone', async () => {
    const { store, ledger } = runner()
    await ledger.queue(queued(1), undefined)
    await ledger.queue(queued(2), undefined)
    await ledger.keep({ ...queued(2), state: 'running' })
    const living = runner(store, { pid: 3, isAlive: ({ pid }) => pid !== 1 })
    await living.ledger.queue(queued(3), undefined)
    const marked = await living.ledger.interruptions()
    expect(marked.map(({ id, state, error }) => [id, state, error?.code])).toEqual([
      [queued(1).id, 'interrupted', 'runner-unavailable'],
      [queued(2).id, 'interrupted', 'runner-unavailable'],
    ])
    expect(await readRun(store, queued(1).id)).toEqual(marked[0])
    expect(await readRun(store, queued(3).id)).toMatchObject({ state: 'queued' })
    expect(await living.ledger.interruptions()).toEqual([])
    expect(await openRunners(store)).toHaveLength(1)
  })

  test('one of another host is dead when it gave no sign of life for an expiry', async () => {
    const { store, ledger } = runner()
    await ledger.queue(queued(1), undefined)
    const other = runner(store, { pid: 2 })
    for (let seconds = 0; seconds < 30; seconds += 4) {
      await ledger.tend()
      expect(await other.ledger.interruptions()).toEqual([])
      clock.skip(4_000)
    }
    await ledger.tend()
    await other.ledger.interruptions()
    clock.skip(19_999)
    expect(await other.ledger.interruptions()).toEqual([])
    clock.skip(1)
    expect((await other.ledger.interruptions()).map(({ id }) => id)).toEqual([queued(1).id])
  })

  test('a run that had ended before its runner could say so is none of them', async () => {
    const store = faultyStore(memoryStore())
    const { ledger } = runner(store)
    await ledger.queue(queued(1), undefined)
    store.arrange({ nth: 1, key: /open/, method: 'delete', error: full })
    await ledger.keep({ ...queued(1), state: 'succeeded' }, [])
    expect(await openRunners(store)).toHaveLength(1)
    expect(await runner(store, { pid: 2, isAlive: () => false }).ledger.interruptions()).toEqual([])
    expect(await readRun(store, queued(1).id)).toMatchObject({ state: 'succeeded' })
    expect(await openRunners(store)).toEqual([])
  })

  test('a runner that only stood still has the last word', async () => {
    const { store, ledger } = runner()
    await ledger.queue(queued(1), undefined)
    await runner(store, { pid: 2, isAlive: () => false }).ledger.interruptions()
    await ledger.keep({ ...queued(1), state: 'succeeded' }, [])
    expect(await readRun(store, queued(1).id)).toMatchObject({ state: 'succeeded' })
  })
})
