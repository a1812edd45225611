import { table } from './render-table.ts'
import { count } from './render-words.ts'

/** What a drill's table shows of each of its results; seconds. */
interface Result {
  source: string
  scenario: string
  backup?: string
  recoveryTime?: number
  recoveryPointAge?: number
  newestProven?: { age: number }
  evidence?: { compared: { tables: number; rows: number } | { entries: number } }
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
    comparedOf(result),
  ])
  return `${table([head, ...rows])}The report is kept as ${kept.page}\n`
}

function comparedOf({ evidence }: Result): string {
  if (!evidence) return ''
  const { compared } = evidence
  return 'entries' in compared
    ? count(compared.entries, 'entry', 'entries')
    : `${count(compared.tables, 'table')}, ${count(compared.rows, 'row')}`
}

/** `4.2 s`, `12 min`, `3.5 h`, `2.0 d`. */
function duration(seconds = 0): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`
}
