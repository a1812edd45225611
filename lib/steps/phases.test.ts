import { expect, test } from 'vitest'
import { timedPhases } from './phases.ts'

test('a step lasts until the next one begins, and what comes twice is added up', () => {
  let now = 100
  const told: string[] = []
  const { report, seconds } = timedPhases(event => told.push(event.type), { monotonic: () => now })
  const step = (name: string) => report({ type: 'step', step: name, message: name })
  step('read')
  now += 1500
  report({ type: 'warning', message: 'nothing to do with it' })
  step('load')
  now += 250
  step('read')
  now += 1000.4
  expect(seconds()).toEqual({ read: 2.5, load: 0.25 })
  now += 1000
  expect(seconds()).toEqual({ read: 3.5, load: 0.25 })
  expect(told).toEqual(['step', 'warning', 'step', 'step'])
})
