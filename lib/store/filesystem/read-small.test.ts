import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Clock } from '../../clock.ts'
import { systemClock } from '../../clock.ts'
import { quickWork } from './quick.ts'
import { smallReads } from './read-small.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'respaldo-small-'))
  await writeFile(join(folder, 'small'), Buffer.alloc(65_536, 1))
  await writeFile(join(folder, 'large'), Buffer.alloc(65_537, 1))
})
afterAll(() => rm(folder, { recursive: true }))

const place = (key: string) => ({ path: join(folder, key), key, store: 'test' })

/** Every read takes so long. */
function reads(milliseconds: () => number): ReturnType<typeof smallReads> {
  let time = 0
  let asked = 0
  const monotonic = () => {
    asked += 1
    if (asked % 2 === 0) time += milliseconds()
    return time
  }
  const clock: Clock = { ...systemClock, monotonic }
  return smallReads(quickWork(clock))
}

test('small objects and small ranges are read at once, all others left to the pool', () => {
  const read = reads(() => 0.01)
  expect(read(place('small'), undefined)).toHaveLength(65_536)
  expect(read(place('large'), undefined)).toBeUndefined()
  expect(read(place('large'), { start: 60_000, end: 65_537 })).toHaveLength(5_537)
  expect(read(place('large'), { start: 0, end: 65_537 })).toBeUndefined()
})

test('after a read that had to wait the next 32 are left to the pool, then it tries again', () => {
  let milliseconds = 5
  const read = reads(() => milliseconds)
  const wasRead = () => read(place('small'), undefined) !== undefined
  expect(wasRead()).toBe(true)
  for (let time = 0; time < 32; time++) expect(wasRead()).toBe(false)
  expect(wasRead()).toBe(true)
  expect(wasRead()).toBe(false)
  milliseconds = 0.01
  for (let time = 0; time < 31; time++) wasRead()
  for (let time = 0; time < 100; time++) expect(wasRead()).toBe(true)
})
