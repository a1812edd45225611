import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { cachedReads } from './cache.ts'
import type { ReadAnswer } from './reads.ts'

/** Reads that take so long, and answer which one they were. */
function slowReads(milliseconds: number) {
  const clock = manualClock()
  let number = 0
  const cache = cachedReads(async (name, query) => {
    number += 1
    const body = new Uint8Array(Buffer.from(`${name}${query} ${number}`))
    if (milliseconds > 0) await clock.sleep(milliseconds)
    if (query === '?fails') throw new Error('failed')
    return { status: 200, headers: {}, body, gzip: undefined }
  }, clock)
  const ask = async (name = 'list', query = '') => text(await cache.read(name, query))
  return { clock, cache, ask, asked: () => number }
}

const text = ({ body }: ReadAnswer) => Buffer.from(body).toString()

test('many that ask at once are one question', async () => {
  const { clock, ask, asked } = slowReads(300)
  const answers = Promise.all(Array.from({ length: 100 }, () => ask()))
  await clock.advance(300)
  expect(new Set(await answers)).toEqual(new Set(['list 1']))
  expect(asked()).toBe(1)
})

test('an answer is given again for less than a second', async () => {
  const { clock, ask } = slowReads(300)
  void ask()
  await clock.advance(300)
  clock.skip(399)
  expect(await ask()).toBe('list 1')
  clock.skip(601)
  const next = ask()
  await clock.advance(300)
  expect(await next).toBe('list 2')
})

test.each([10, 300, 900])('under load nobody waits for an answer that takes %i ms', async milliseconds => {
  const { clock, ask, asked } = slowReads(milliseconds)
  void ask()
  await clock.advance(milliseconds)
  for (let time = 0; time < 5000; time += 10) {
    let waits = true
    void ask().then(() => {
      waits = false
    })
    await setImmediate()
    expect(waits, `at ${time} ms`).toBe(false)
    await clock.advance(10)
  }
  expect(asked()).toBeLessThan(9)
})

test('different questions have different answers; what is not cached is asked each time', async () => {
  const { ask } = slowReads(0)
  const answers = [await ask('list', '?source=a'), await ask('status'), await ask('list', '?source=a')]
  expect(answers).toEqual(['list?source=a 1', 'status 2', 'list?source=a 1'])
  expect([await ask('runs'), await ask('runs')]).toEqual(['runs 3', 'runs 4'])
})

test('what a run changed shows in a list at once, also to who asks while an older question is under way', async () => {
  const { clock, cache, ask } = slowReads(300)
  void ask()
  void ask('status')
  cache.forget()
  const fresh = Promise.all([ask(), ask('status')])
  await clock.advance(300)
  expect(await fresh).toEqual(['list 3', 'status 2'])
})

test('a question that failed is asked again', async () => {
  const { ask, asked } = slowReads(0)
  for (let n = 0; n < 2; n++) await expect(ask('list', '?fails')).rejects.toThrow('failed')
  expect(asked()).toBe(2)
})
