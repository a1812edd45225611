import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { isLeft, isOwn, labelsOf } from './docker-made.ts'

const maker = { host: 'here', pid: 7, startedAt: 'boot/1' }
const labels = labelsOf('r1', maker)
const now = systemClock.now().getTime() / 1000
const days = 24 * 3600

test.for([
  ['lives', true, 30, false],
  ['is dead', false, 0, true],
  ['is not known', undefined, 2, false],
  ['is not known for days', undefined, 4, true],
] as const)('what a maker that %s made is left', ([, alive, age, left]) => {
  expect(isLeft(labels, now - age * days, () => alive)).toBe(left)
})

test("the labels tell the maker, and that it is nobody else's", () => {
  let asked: unknown
  isLeft(labels, now, one => {
    asked = one
    return true
  })
  expect(asked).toEqual(maker)
  expect([labels, {}, null, undefined].map(isOwn)).toEqual([true, false, false, false])
})
