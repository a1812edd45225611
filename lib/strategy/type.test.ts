import { describe, expect, test } from 'vitest'
import { type ChainFacts, chooseType, defaultStrategy } from './type.ts'

const now = new Date('2026-03-10T12:00:00Z')
const chain: ChainFacts = {
  fullStarted: '2026-03-08T12:00:00Z',
  fullBytes: 1000,
  incrementals: 2,
  lastBytes: 100,
  unusable: undefined,
}
const choose = (change: Partial<ChainFacts> | undefined, asked: 'auto' | 'full' | 'incremental' = 'auto') =>
  chooseType(change && { ...chain, ...change }, asked, defaultStrategy, now)

describe('the type of a backup', () => {
  test.each([
    ['no full', undefined, 'full', 'there is no full of this source and scope yet'],
    ['a young chain', {}, 'incremental', 'incremental 3 of at most 5'],
    [
      'a full of exactly seven days',
      { fullStarted: '2026-03-03T12:00:00Z' },
      'incremental',
      'incremental 3 of at most 5',
    ],
    ['an older full', { fullStarted: '2026-03-03T11:59:59Z' }, 'full', 'the last full is older than 7 days'],
    ['four incrementals', { incrementals: 4 }, 'incremental', 'incremental 5 of at most 5'],
    ['five incrementals', { incrementals: 5 }, 'full', 'the chain has 5 incrementals already'],
    ['a last one of half', { lastBytes: 500 }, 'incremental', 'incremental 3 of at most 5'],
    [
      'a last one of more',
      { lastBytes: 501 },
      'full',
      'the last incremental stored more than 50 % of what the full stores',
    ],
    [
      'no incremental yet',
      { incrementals: 0, lastBytes: undefined },
      'incremental',
      'incremental 1 of at most 5',
    ],
    ['damage', { unusable: 'x is missing' }, 'full', 'x is missing'],
  ] as const)('after %s', (_, change, type, reason) => {
    expect(choose(change)).toEqual({ type, reason })
  })

  test('is full whenever that is asked for', () => {
    expect(choose({}, 'full')).toEqual({ type: 'full', reason: 'a full was asked for' })
  })

  test('is incremental past the limits when that is asked for, with a warning', () => {
    expect(choose({ incrementals: 9 }, 'incremental')).toEqual({
      type: 'incremental',
      reason: 'an incremental was asked for',
      warning: 'A full is due: the chain has 9 incrementals already',
    })
    expect(choose({}, 'incremental')).toEqual({ type: 'incremental', reason: 'an incremental was asked for' })
  })

  test('is full, and says so, when there is nothing to build on', () => {
    for (const facts of [undefined, { unusable: 'damage' }])
      expect(choose(facts, 'incremental')).toMatchObject({
        type: 'full',
        warning: expect.stringContaining('full'),
      })
  })
})
