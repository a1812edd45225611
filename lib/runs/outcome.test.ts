import { expect, test } from 'vitest'
import { runRecord } from '../../tests/fixtures/runs.ts'
import { RespaldoError } from '../errors.ts'
import { endedRecord, type Outcome } from './outcome.ts'

const facts = {
  finished: new Date('2025-04-08T16:01:00Z'),
  seconds: 1.23456,
  events: [],
  source: undefined,
  peakMemoryBytes: 7,
}
const ended = (outcome: Outcome, more = {}) =>
  endedRecord(runRecord(undefined, { state: 'running' }), outcome, { ...facts, ...more })
const backup = (id: string, stored: number, totals: object, kind = 'postgres') => ({
  backup: { source: { id, kind }, sizes: { stored }, totals },
})

test.each<[string, unknown, object]>([
  ['one database', backup('shop', 10, { rows: 3 }), { size: 10, records: 3, source: 'shop' }],
  ['one whose rows were not counted', backup('shop', 10, {}), { size: 10, source: 'shop' }],
  [
    'a server',
    { databases: [backup('a', 1, { rows: 3 }), backup('b', 2, { rows: 4 })] },
    { size: 3, records: 7 },
  ],
  [
    'a volume',
    { volumes: [backup('data', 5, { entries: 9 }, 'volume')] },
    { size: 5, records: 9, source: 'data' },
  ],
  ['what says which source it was about', { source: 'shop', pinned: true }, { source: 'shop' }],
  ['a restore, which names its backup', { backup: 'shop/1', restored: {} }, {}],
  ['nothing', undefined, {}],
])('what was made counts: %s', (_, result, expected) => {
  const { size, records, source } = ended({ result })
  expect({ size, records, source }).toEqual({
    size: undefined,
    records: undefined,
    source: undefined,
    ...expected,
  })
})

test('the end says how and when; the error comes without its context, which may be long', () => {
  const error = new RespaldoError('command-failed', 'It failed', { hint: 'Look.', context: { stderr: '…' } })
  const events = [{ id: 1, time: '', event: { type: 'warning' as const, message: 'careful' } }]
  expect(ended({ error }, { events, source: 'shop' })).toEqual({
    ...runRecord(),
    state: 'failed',
    finished: '2025-04-08T16:01:00.000Z',
    seconds: 1.235,
    source: 'shop',
    peakMemoryBytes: 7,
    error: { code: 'command-failed', message: 'It failed', hint: 'Look.' },
    warnings: ['careful'],
  })
})

test.each([
  ['cancelled', 'cancelled'],
  ['timed-out', 'failed'],
] as const)('an end by %s is %s', (code, state) => {
  expect(ended({ error: new RespaldoError(code, 'over') }).state).toBe(state)
})
