import { expect, test } from 'vitest'
import type { ChosenPart } from '../part.ts'
import type { FillFacts } from './fill.ts'
import { partRefusals, partWarnings } from './plan-part.ts'

const chosen: ChosenPart = { entries: [], unknown: [], along: [], leftOut: [], lacking: [] }
const empty: FillFacts = { tables: 2, missing: [], filled: [], outside: [], triggers: false }
const data = { dataOnly: true }

const refusals = (fill: FillFacts | undefined, superuser = false) =>
  partRefusals(data, { chosen, fill }, superuser).map(({ message }) => message)

test('empty tables are filled by anybody, with triggers by superusers alone', () => {
  expect(refusals(empty)).toEqual([])
  expect(refusals({ ...empty, triggers: true }, true)).toEqual([])
  expect(refusals({ ...empty, triggers: true })).toEqual([expect.stringContaining('superuser')])
})

test.each([
  [undefined, 'needs a database'],
  [{ ...empty, tables: 0 }, 'no data'],
  [{ ...empty, missing: ['s.gone'] }, 's.gone'],
  [{ ...empty, filled: ['s.full'] }, 's.full'],
  [{ ...empty, outside: ['s.orders customer_fkey'] }, 'customer_fkey'],
])('data is not put where it does not fit: %j', (fill, named) => {
  expect(refusals(fill, true)).toEqual([expect.stringContaining(named)])
})

test('a plan tells what comes along and what stays away, and refuses what cannot be made', () => {
  const facts = {
    chosen: {
      ...chosen,
      along: ['type s.mood'],
      leftOut: [{ what: 'foreign key s.a b', needs: ['table s.b'] }],
      lacking: [{ what: 'view s.v', needs: ['table s.t'] }],
      unknown: [{ what: 'table tt', nearest: ['t'] }],
    },
    fill: undefined,
  }
  expect(partWarnings({ tables: ['x'] }, facts)).toEqual([
    expect.stringContaining('type s.mood'),
    'left out: foreign key s.a b, which needs table s.b',
  ])
  expect(partRefusals({ tables: ['x'] }, facts, true)).toEqual([
    { code: 'input-invalid', message: 'The backup has no table tt', hint: 'The nearest that it has: t.' },
    expect.objectContaining({ message: 'The view s.v cannot be made without table s.t' }),
  ])
})
