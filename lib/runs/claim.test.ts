import { expect, test } from 'vitest'
import { memoryStore } from '../store/memory.ts'
import { claimedRun, claimKey, pruneClaims } from './claim.ts'

const now = new Date('2025-04-08T16:00:00Z')
const key = { function: 'create', key: '../a key' }

test('of many that claim a key at once all hear of the same run', async () => {
  const store = memoryStore()
  const winners = await Promise.all(
    Array.from({ length: 50 }, (_, n) => claimKey(store, key, `run-${n}`, now)),
  )
  expect(new Set(winners)).toEqual(new Set([await claimedRun(store, key)]))
  expect(await Array.fromAsync(store.list(''))).toEqual([
    expect.stringMatching(/^idempotency\/[0-9a-f]{64}\.json$/),
  ])
})

test('the same key of another function is another one', async () => {
  const store = memoryStore()
  await claimKey(store, key, 'one', now)
  expect(await claimKey(store, { ...key, function: 'verify' }, 'two', now)).toBe('two')
})

test('a claim counts for a day at least, and ends with the next pruning', async () => {
  const store = memoryStore()
  await claimKey(store, key, 'one', now)
  await pruneClaims(store, new Date('2025-04-09T16:00:00Z'))
  expect(await claimedRun(store, key)).toBe('one')
  await pruneClaims(store, new Date('2025-04-09T16:00:01Z'))
  expect(await claimKey(store, key, 'two', now)).toBe('two')
})
