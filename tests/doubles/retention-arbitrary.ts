import fc from 'fast-check'
import type { RetentionBackup } from '#lib/retention/backup'
import type { GivenRetention } from '#lib/retention/policy'

const start = Date.parse('2025-11-20T00:00:00Z')

const step = fc.record({
  source: fc.constantFrom('crm', 'shop'),
  scope: fc.constantFrom('whole', 'whole', 'schema only'),
  isSafety: fc.integer({ min: 0, max: 9 }).map(number => number === 0),
  isFull: fc.integer({ min: 0, max: 3 }).map(number => number === 0),
  // Mostly forward, sometimes in the same second or back.
  minutes: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.constantFrom(0, 0, -90, 1440, 10_080)),
  rows: fc.option(fc.constantFrom(0, 100, 150, 1000), { nil: undefined }),
  bytes: fc.constantFrom(1000, 1500, 3000),
  proven: fc.boolean(),
  failed: fc.boolean(),
  pinned: fc.integer({ min: 0, max: 9 }).map(number => number === 0),
  accepted: fc.boolean(),
})

/** Histories of two sources: chains, safety backups, clocks that were set back, and backups that are no longer there. */
export const histories = fc
  .tuple(fc.array(step, { maxLength: 60 }), fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 3 }))
  .map(([steps, lost]) => historyOf(steps).filter((_, index) => !lost.includes(index)))

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function historyOf(steps: readonly Step[]): RetentionBackup[] {
  const history: RetentionBackup[] = []
  let time = start
  for (const [index, { minutes, ...one }] of steps.entries()) {
    time += minutes * 60_000
    history.push(backupOf(one, `b${index}`, new Date(time).toISOString(), history))
  }
  return history
}

function backupOf(
  { isSafety, isFull, rows, source, scope, ...facts }: Omit<Step, 'minutes'>,
  id: string,
  started: string,
  history: readonly RetentionBackup[],
): RetentionBackup {
  const kind = isSafety ? 'safety' : 'regular'
  const last = history.findLast(one => one.source === source && one.scope === scope && one.kind === 'regular')
  const common = {
    source,
    scope,
    id,
    kind,
    started,
    ...(rows === undefined ? {} : { rows }),
    ...facts,
  } as const
  return isSafety || isFull || !last
    ? { ...common, type: 'full', chain: id }
    : { ...common, type: 'incremental', chain: last.chain, parent: last.id }
}

const count = fc.integer({ min: 0, max: 4 })

/** What may be given, with at least one rule, so that it is a policy. */
export const policies = fc.record({
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
  full: count,
  last: fc.integer({ min: 1, max: 4 }),
  days: fc.constantFrom(0, 1, 30),
  minimum: count,
  safetyDays: fc.constantFrom(0, 7, 100),
  scheme: fc.constantFrom('periods', 'calendar'),
}) satisfies fc.Arbitrary<GivenRetention>
