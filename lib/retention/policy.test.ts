import { describe, expect, test } from 'vitest'
import { type GivenRetention, retentionPolicy } from './policy.ts'

const defaults = {
  daily: 7,
  weekly: 4,
  monthly: 12,
  yearly: 0,
  full: 3,
  last: 0,
  days: 0,
  minimum: 0,
  safetyDays: 7,
  scheme: 'periods',
  timeZone: 'Europe/Madrid',
}
const off = { daily: 0, weekly: 0, monthly: 0, full: 0 }
const policy = (...given: GivenRetention[]) => retentionPolicy(given, 'Europe/Madrid')

describe('a policy', () => {
  test.each<[string, GivenRetention[], object]>([
    ['nothing', [], {}],
    ['one rule', [{ daily: 2 }], { daily: 2 }],
    ['a rule that is off', [{ monthly: 0 }], { monthly: 0 }],
    [
      'several places',
      [{ daily: 1 }, { daily: 2, weekly: 2 }, { weekly: 3, full: 3 }],
      { daily: 1, weekly: 2 },
    ],
    ['a place that leaves a rule open', [{ daily: undefined }, { daily: 2 }], { daily: 2 }],
    ['a scheme', [{}, { scheme: 'calendar' }], { scheme: 'calendar' }],
    ['no defaults', [{ defaults: false, last: 2 }], { ...off, last: 2 }],
    ['no defaults, over rules of another place', [{ defaults: false }, { daily: 2 }], { ...off, daily: 2 }],
    ['defaults again', [{ defaults: true }, { defaults: false, daily: 2 }], { daily: 2 }],
    ['a minimum alone', [{ defaults: false, minimum: 1 }], { ...off, minimum: 1 }],
  ])('of %s', (_, given, expected) => {
    expect(policy(...given)).toEqual({ ...defaults, ...expected })
  })

  test.each<[GivenRetention, string]>([
    [{ daily: -1 }, "The retention's daily cannot be -1"],
    [{ weekly: 1.5 }, "The retention's weekly cannot be 1.5"],
    [{ days: Number.NaN }, "The retention's days cannot be NaN"],
    [{ safetyDays: Number.POSITIVE_INFINITY }, "The retention's safetyDays cannot be Infinity"],
  ])('refuses %j', (given, message) => {
    expect(() => policy(given)).toThrow(expect.objectContaining({ code: 'input-invalid', message }))
  })

  test.each<GivenRetention>([off, { defaults: false }, { ...off, safetyDays: 30 }])(
    'that keeps nothing is unsafe: %j',
    given => {
      expect(() => policy(given)).toThrow(expect.objectContaining({ code: 'retention-unsafe' }))
    },
  )
})
