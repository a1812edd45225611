import { expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../tests/doubles/clock.ts'
import { faultyStore } from '../../tests/doubles/faults.ts'
import { collect, once } from '../bytes.ts'
import { memoryStore } from '../store/memory.ts'
import { announceReading, chainsInUse, type ReadersRequest } from './read-lease.ts'

const holder = { host: 'h1', pid: 7, startedAt: 't1', function: 'restore' }

function world() {
  const store = faultyStore(memoryStore())
  const reader = manualClock()
  const observer = manualClock()
  const announce = (chain: string, clock: ManualClock = reader) =>
    announceReading(store, clock, { source: 'pc_db', backup: `of ${chain}`, chain, run: 'r1', holder })
  const inUse = (over: Partial<ReadersRequest> = {}) =>
    chainsInUse(store, observer, {
      source: 'pc_db',
      chains: new Set(['a', 'b']),
      isAlive: () => undefined,
      signal: new AbortController().signal,
      ...over,
    })
  const keys = () => Array.fromAsync(store.list('leases/'))
  return { store, reader, observer, announce, inUse, keys }
}

test('where nobody reads, nobody is waited for', async () => {
  const { announce, inUse } = world()
  expect(await inUse()).toEqual(new Set())
  await announce('another')
  expect(await inUse()).toEqual(new Set())
})

test('a reader that renews is seen, as long as it reads', async () => {
  const { announce, inUse, observer, reader, keys, store } = world()
  const reading = await announce('a')
  const [key] = await keys()
  expect(key).toMatch(/^leases\/pc_db\/readers\/[0-9a-f-]{36}\.json$/)
  expect(JSON.parse((await collect(store.get(key!))).toString())).toEqual({
    backup: 'of a',
    chain: 'a',
    run: 'r1',
    holder,
    since: '2025-04-08T16:00:00.000Z',
    beat: 0,
  })
  for (let time = 0; time < 3; time++) {
    const asked = inUse()
    await observer.advance(3_000)
    await reader.advance(5_000)
    await observer.advance(1_000)
    expect(await asked).toEqual(new Set(['a']))
  }
  await reading[Symbol.asyncDispose]()
  expect(await keys()).toEqual([])
  expect([await inUse(), reader.sleepers]).toEqual([new Set(), 0])
})

test('one that ends while it is watched is none', async () => {
  const { announce, inUse, observer } = world()
  const reading = await announce('a')
  const asked = inUse()
  await observer.advance(2_000)
  await reading[Symbol.asyncDispose]()
  await observer.advance(1_000)
  expect(await asked).toEqual(new Set())
})

test('one that stands still is dead after an expiry of the observer, whatever the wall clocks say', async () => {
  const { announce, inUse, observer, keys } = world()
  await announce('a')
  observer.setNow(new Date('2100-01-01'))
  let answer: ReadonlySet<string> | undefined
  const asked = inUse().then(found => {
    answer = found
  })
  await observer.advance(19_999)
  expect([answer, await keys()]).toEqual([undefined, [expect.any(String)]])
  await observer.advance(1)
  await asked
  expect([answer, await keys()]).toEqual([new Set(), []])
})

test('one whose process is gone is dead at once', async () => {
  const { announce, inUse, keys } = world()
  await announce('a')
  expect(await inUse({ isAlive: who => who.pid !== 7 })).toEqual(new Set())
  expect(await keys()).toEqual([])
})

test('one that cannot be read spares every chain while it changes, and is judged by its age', async () => {
  const { inUse, store, observer, keys } = world()
  const key = 'leases/pc_db/readers/later.json'
  for (const [at, text] of ['{"format":2}', 'x'.repeat(70_000)].entries()) {
    await store.put(key, once(text))
    const asked = inUse()
    await observer.advance(2_000)
    await store.put(key, once(`changed ${at}`))
    await observer.advance(1_000)
    expect(await asked).toEqual(new Set(['a', 'b']))
  }
  const asked = inUse()
  await observer.advance(20_000)
  expect([await asked, await keys()]).toEqual([new Set(), []])
})

test('a reader goes on announcing itself after the store failed, and also when it was taken for dead', async () => {
  const { announce, reader, store, keys } = world()
  const reading = await announce('a')
  store.arrange({ nth: 1, method: 'put', error: new Error('unplugged') })
  await reader.advance(5_000)
  await store.delete(await keys())
  await reader.advance(1_000)
  expect(await keys()).toHaveLength(1)
  store.arrange({ nth: 1, method: 'delete', error: new Error('unplugged') })
  await reading[Symbol.asyncDispose]()
})

test('who cannot announce does not read', async () => {
  const { announce, store, reader } = world()
  store.arrange({ nth: 1, method: 'put', error: new Error('unplugged') })
  await expect(announce('a')).rejects.toThrow('unplugged')
  expect(reader.sleepers).toBe(0)
})

test('a watch that is aborted ends', async () => {
  const { announce, inUse, observer } = world()
  await announce('a')
  const stop = new AbortController()
  const asked = inUse({ signal: stop.signal })
  await observer.advance(1_000)
  stop.abort()
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
})
