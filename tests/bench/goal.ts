import { humanBytes } from '#lib/bytes'
import { aligned, median, type Results } from './table.ts'

/** What one way may take at most, and should take: of time or memory, or as a part of the time that another takes. */
export interface Goal {
  way: string
  of: 'seconds' | 'bytes' | { rival: string }
  atMost: number
  aim?: number
}

/** A goal and how it came out. */
export interface Verdict extends Goal {
  value: number
  reached: boolean
}

/** Times by their medians, memory by the most of all rounds. Throws for a way that was not measured. */
export function judge(results: Results, goals: readonly Goal[]): Verdict[] {
  return goals.map(goal => {
    const value = taken(results, goal)
    return { ...goal, value, reached: value <= goal.atMost }
  })
}

/** The verdicts, a line each. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ way, of, value, atMost, aim, reached }) => [
    way,
    typeof of === 'object' ? `against ${of.rival}` : of === 'bytes' ? 'memory' : 'time',
    shown(value, of),
    `≤ ${shown(atMost, of)}`,
    aim === undefined ? '' : shown(aim, of),
    reached ? 'yes' : 'NO',
  ])
  return aligned([['goal', '', 'measured', 'limit', 'aim', 'reached'], ...rows])
}

function taken(results: Results, { way, of }: Goal): number {
  const all = measured(results, way)
  if (of === 'bytes') return Math.max(...all.map(one => one.peakBytes))
  const time = median(all.map(one => one.seconds))
  return of === 'seconds' ? time : time / median(measured(results, of.rival).map(one => one.seconds))
}

function measured(results: Results, way: string) {
  const all = results.get(way)
  if (!all) throw new RangeError(`${way} was not measured`)
  return all
}

function shown(value: number, of: Goal['of']): string {
  if (of === 'bytes') return humanBytes(value)
  return of === 'seconds' ? `${value.toFixed(2)} s` : value.toFixed(2)
}
