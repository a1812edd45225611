import { expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { faultyStore } from '../../tests/doubles/faults.ts'
import { memoryStore } from '../store/memory.ts'
import { claimedFiring } from './firing.ts'
import { claimedMoments, claimFiring, firingKey, pruneFirings, readFiring } from './firing-object.ts'
import { openFiringRecord } from './firing-record.ts'

const at = new Date('2026-01-01T10:00:00Z')
const holder = { host: 'a', pid: 1, startedAt: '' }
const facts = { schedule: 's', times: '0 * * * * UTC', now: at, holder, skip: undefined }

async function opened() {
  const clock = manualClock(at)
  const store = faultyStore(memoryStore())
  const firing = claimedFiring({ ...facts, at })
  await claimFiring(store, firing)
  const problems: unknown[] = []
  const stop = new AbortController()
  const record = openFiringRecord(firing, {
    store,
    clock,
    onProblem: error => void problems.push(error),
    stop: stop.signal,
  })
  const kept = async () => (await readFiring(store, 's', at))?.firing
  return { clock, store, record, problems, stop, kept }
}

test('shows signs of life until its end, and none after', async () => {
  const { clock, record, kept } = await opened()
  await clock.advance(12_000)
  await record.add('r1')
  expect(await kept()).toMatchObject({ beat: 2, runs: ['r1'], state: 'claimed' })
  await record.end({ state: 'succeeded' })
  await clock.advance(60_000)
  expect(await kept()).toMatchObject({
    beat: 2,
    runs: ['r1'],
    state: 'succeeded',
    finished: '2026-01-01T10:00:12.000Z',
  })
  expect(clock.sleepers).toBe(0)
})

test('an end that cannot be written is written later; a process that is about to end does not wait', async () => {
  const { clock, store, record, problems, stop, kept } = await opened()
  const down = new Error('down')
  store.arrange(
    { nth: 1, method: 'put', error: down },
    { nth: 2, method: 'put', error: down },
    { nth: 4, method: 'put', error: down },
  )
  const ended = record.end({ state: 'failed', why: 'it failed' })
  await clock.advance(10_000)
  expect((await ended).state).toBe('failed')
  expect([problems, (await kept())?.why]).toEqual([[down, down], 'it failed'])
  stop.abort()
  expect((await record.end({ state: 'cancelled' })).state).toBe('cancelled')
})

test('old firings go, but for the last ten', async () => {
  const store = memoryStore()
  const hour = (number: number) => new Date(at.getTime() + number * 3_600_000)
  for (let number = 0; number < 30; number++)
    await claimFiring(store, claimedFiring({ ...facts, at: hour(number) }))
  expect(await claimFiring(store, claimedFiring({ ...facts, at: hour(3) }))).toBe(false)
  await pruneFirings(store, 's', new Date(hour(5).getTime() + 7 * 86_400_000))
  expect((await claimedMoments(store, 's'))[0]).toEqual(hour(5))
  await pruneFirings(store, 's', hour(2000))
  expect(await claimedMoments(store, 's')).toEqual(Array.from({ length: 10 }, (_, index) => hour(20 + index)))
  expect(await store.stat(firingKey('s', hour(29)))).toBeDefined()
})
