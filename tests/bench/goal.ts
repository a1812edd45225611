import { humanBytes } from '#lib/bytes'
import type { Measurement } from './measure.ts'
import { aligned, median, type Results } from './table.ts'

/** What one way may take at most, and should take: by itself, or as a part of what another takes. */
export interface Goal {
  way: string
  of: Quantity
  rival?: string
  atMost: number
  aim?: number
}

/** Seconds, resident bytes, stored bytes. */
export type Quantity = 'time' | 'memory' | 'stored'

/** A goal and how it came out. */
export interface Verdict extends Goal {
  value: number
  reached: boolean
}

/** Times and what is stored by their medians, memory by the most of all rounds. Throws for a way that was not measured. */
export function judge(results: Results, goals: readonly Goal[]): Verdict[] {
  return goals.map(goal => {
    const { way, of, rival, atMost } = goal
    const value = taken(results, way, of) / (rival === undefined ? 1 : taken(results, rival, of))
    return { ...goal, value, reached: value <= atMost }
  })
}

/** The verdicts, a line each. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(verdict => [
    verdict.way,
    verdict.rival === undefined ? verdict.of : `${verdict.of} against ${verdict.rival}`,
    shown(verdict.value, verdict),
    `≤ ${shown(verdict.atMost, verdict)}`,
    verdict.aim === undefined ? '' : shown(verdict.aim, verdict),
    verdict.reached ? 'yes' : 'NO',
  ])
  return aligned([['goal', '', 'measured', 'limit', 'aim', 'reached'], ...rows])
}

const quantities: Record<Quantity, (all: readonly Measurement[]) => number> = {
  time: all => median(all.map(one => one.seconds)),
  memory: all => Math.max(...all.map(one => one.peakBytes)),
  stored: all => median(all.map(one => one.storedBytes ?? Number.NaN)),
}

function taken(results: Results, way: string, of: Quantity): number {
  const all = results.get(way)
  if (!all) throw new RangeError(`${way} was not measured`)
  return quantities[of](all)
}

function shown(value: number, { of, rival }: Goal): string {
  if (rival !== undefined) return value.toFixed(2)
  if (of !== 'time') return humanBytes(value)
  return value < 0.1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(2)} s`
}
