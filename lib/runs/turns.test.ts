import { describe, expect, test } from 'vitest'
import { nextToGo, type Waiting } from './turns.ts'

const limits = { runs: 2, perEnvironment: 1 }
const at = (environment: string, source: string) => ({ environment, source })
const entry = (going: boolean, place?: Waiting['place']): Waiting => ({ going, place })

describe('nextToGo', () => {
  test.each<[string, Waiting[], number | undefined]>([
    ['nobody', [], undefined],
    ['the oldest that waits', [entry(true), entry(false), entry(false)], 1],
    ['none beyond the limit', [entry(true), entry(true), entry(false)], undefined],
    [
      'past one whose source is busy',
      [entry(true, at('a', 's')), entry(false, at('b', 's')), entry(false)],
      2,
    ],
    [
      'past one whose environment is full',
      [entry(true, at('a', 's')), entry(false, at('a', 't')), entry(false, at('b', 'u'))],
      2,
    ],
    ['one whose source has become free', [entry(false, at('a', 's')), entry(true, at('b', 't'))], 0],
    [
      'nobody while all that wait are held up',
      [entry(true, at('a', 's')), entry(false, at('a', 's'))],
      undefined,
    ],
  ])('%s', (_, entries, expected) => {
    const found = nextToGo(entries, limits)
    expect(found && entries.indexOf(found)).toBe(expected)
  })
})
