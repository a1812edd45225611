import { table } from './render-table.ts'
import { type Totals, totals } from './render-words.ts'

/** What a drill's table shows of each of its results; seconds. */
interface Result {
  source: string
  scenario: string
  backup?: string
  recoveryTime?: number
  recoveryPointAge?: number
  newestProven?: { age: number }
  evidence?: { compared: Totals }
}

/** A drill that passed: one that failed is an error. */
export function drilled({ drill, kept }: { drill: { results: Result[] }; kept: { page: string } }): string {
  const head = ['SOURCE', 'SCENARIO', 'BACKUP', 'BACK IN', 'WOULD LOSE', 'NEWEST PROVEN', 'COMPARED']
  const rows = drill.results.map(result => [
    result.source,
    result.scenario,
    result.backup ?? '',
    duration(result.recoveryTime),
    duration(result.recoveryPointAge),
    result.newestProven ? duration(result.newestProven.age) : 'none',
    result.evidence ? totals(result.evidence.compared) : '',
  ])
  return `${table([head, ...rows])}The report is kept as ${kept.page}\n`
}

/** `4.2 s`, `12 min`, `3.5 h`, `2.0 d`. */
function duration(seconds = 0): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`
}
