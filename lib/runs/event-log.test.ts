import { expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import type { RunEvent } from '../events.ts'
import { openEventLog } from './event-log.ts'

const open = () => openEventLog(manualClock().now)
const step = (message: string): RunEvent => ({ type: 'step', step: 's', message })
const progress = (bytes: number): RunEvent => ({ type: 'progress', step: 's', bytes })
const done: RunEvent = { type: 'done', result: 1 }

test('a reader gets what was, what comes and the end, each once and in order', async () => {
  const log = open()
  log.add(step('one'))
  const reading = Array.fromAsync(log.follow(0))
  log.add(step('two'))
  await Promise.resolve()
  log.add(step('three'))
  log.add(done)
  expect((await reading).map(({ id }) => id)).toEqual([1, 2, 3, 4])
})

test('who comes back gets what follows the last number it has', async () => {
  const log = open()
  for (const event of [step('one'), step('two'), done]) log.add(event)
  expect((await Array.fromAsync(log.follow(1))).map(({ id }) => id)).toEqual([2, 3])
  expect(await Array.fromAsync(log.follow(3))).toEqual([])
})

test('of much progress the newest is remembered, of steps and warnings everything', () => {
  const log = open()
  for (let n = 1; n <= 1000; n++) {
    log.add(progress(n))
    if (n % 10 === 0) log.add(n % 20 === 0 ? step(`${n}`) : { type: 'warning', message: `${n}` })
  }
  const types = Map.groupBy(log.events(), ({ event }) => event.type)
  expect(types.get('step')).toHaveLength(50)
  expect(types.get('warning')).toHaveLength(50)
  expect(types.get('progress')?.map(({ event }) => 'bytes' in event && event.bytes)).toEqual(
    Array.from({ length: 50 }, (_, n) => 951 + n),
  )
  const ids = log.events().map(({ id }) => id)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
})

test('an event that is not shown yet has the number under which it will be', async () => {
  const log = open()
  log.add(step('one'))
  const last = log.numbered(done)
  expect(last.id).toBe(2)
  expect(log.events()).toHaveLength(1)
  log.append(last)
  expect((await Array.fromAsync(log.follow(0))).at(-1)).toEqual(last)
})

test('who goes away waits no longer', async () => {
  const log = open()
  const away = new AbortController()
  const reading = Array.fromAsync(log.follow(0, away.signal))
  away.abort()
  expect(await reading).toEqual([])
})
