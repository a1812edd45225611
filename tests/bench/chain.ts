import { type Change, dumpAndRestore, grow, statements } from './change.ts'
import type { Goal } from './goal.ts'
import type { Way } from './measure.ts'
import { type OwnWays, ownWays } from './own.ts'
import type { Part } from './part.ts'
import { openRivals, type Rivals } from './rival.ts'
import { copyDatabase, type Stage } from './stage.ts'

/** A change, and what part of the bytes that restic stores after it may be stored; without that it is only told. */
interface Pattern {
  /** The backup's. */
  name: string
  title: string
  change: Change
  atMost?: number
}

const top = '(SELECT max(id) AS top FROM events) AS last'

/** In this order on one chain. `amount` is a column of half the rows, so that rows become wider too. */
const patterns: readonly Pattern[] = [
  {
    name: 'range',
    title: 'a range of 0.1 % updated',
    change: statements(
      `UPDATE events SET amount = coalesce(amount, 0) + 1 FROM ${top} WHERE id > top / 2 AND id <= top / 2 + top / 1000;`,
    ),
    atMost: 0.35,
  },
  {
    name: 'scattered',
    title: 'scattered 0.01 % updated',
    change: statements('UPDATE events SET amount = coalesce(amount, 0) + 1 WHERE id % 10000 = 5000;'),
    atMost: 0.05,
  },
  { name: 'appended', title: '2 % appended', change: grow(0.02), atMost: 0.9 },
  {
    name: 'function',
    title: 'one new function',
    change: statements(
      'CREATE FUNCTION total_of(integer) RETURNS numeric LANGUAGE sql STABLE',
      'RETURN (SELECT sum(amount) FROM public.events WHERE customer_id = $1);',
    ),
    atMost: 0.3,
  },
  { name: 'nothing', title: 'nothing changed', change: async () => {} },
  {
    name: 'clustered',
    title: 'CLUSTER on another order',
    change: statements('CLUSTER events USING events_customer_id_occurred_at_idx;'),
  },
  { name: 'restored', title: 'a restore', change: dumpAndRestore },
]

/** What counts when nothing changed is no part of anything. */
const nothingBytes = 64_000

/** A full and incrementals beside restic's snapshots, in every round from the same database on; then restores of the chain that the last round left. */
export async function* chainParts(stage: Stage, original: string, rounds: number): AsyncGenerator<Part> {
  const database = 'bench_changed'
  const own = ownWays(stage, database)
  const rivals = await openRivals(stage, database)
  const afresh = () => copyDatabase(stage.server, original, database)
  const changed = ({ change }: Pattern) => change(stage.server, database)
  yield {
    title: 'A chain (stored: what each backup adds)',
    ways: [
      ...fulls(own, rivals, afresh),
      ...patterns.flatMap(pattern => pair(own, rivals, pattern, () => changed(pattern))),
    ],
    rounds,
    goals: patterns.flatMap(goalsOf),
  }
  yield chainRestorePart(own, rounds)
}

const ownName = ({ title }: Pattern) => `respaldo, ${title}`
const rivalName = ({ title }: Pattern) => `restic, ${title}`

function fulls({ create, add }: OwnWays, { restic }: Rivals, prepare: () => Promise<unknown>): Way[] {
  const own = add('respaldo, full', '--name', 'full')
  return [
    { ...own, prepare: async () => void (await Promise.all([prepare(), create.prepare?.()])) },
    { ...restic, name: 'restic, first run' },
  ]
}

function pair(
  { add }: OwnWays,
  { restic }: Rivals,
  pattern: Pattern,
  prepare: () => Promise<unknown>,
): Way[] {
  const own = add(ownName(pattern), '--name', pattern.name, '--backup-type', 'incremental')
  return [
    { ...own, adds: true, prepare },
    { ...restic, name: rivalName(pattern), adds: true, prepare: async () => {} },
  ]
}

/** Of the changes that have a bar, and of none. */
function goalsOf(pattern: Pattern): Goal[] {
  const { name, atMost } = pattern
  const way = ownName(pattern)
  const rival = rivalName(pattern)
  const time: Goal = { way, of: 'time', rival, atMost: 0.8, aim: 0.5 }
  if (name === 'nothing') return [time, { way, of: 'stored', atMost: nothingBytes }]
  if (atMost === undefined) return []
  return [time, { way, of: 'stored', rival, atMost, aim: atMost / 2 }]
}

/** The fifth incremental is that of no change. */
function chainRestorePart({ restoreOf }: OwnWays, rounds: number): Part {
  const full = restoreOf('respaldo restore, full', 'full')
  const fifth = restoreOf('respaldo restore, fifth incremental', 'nothing')
  return {
    title: 'A restore of the fifth incremental',
    ways: [full, fifth],
    rounds,
    goals: [{ way: fifth.name, of: 'time', rival: full.name, atMost: 1.15 }],
  }
}
