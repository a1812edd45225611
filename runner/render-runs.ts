import { humanBytes } from '#lib/bytes'
import type { NumberedEvent, RunRecord } from '#lib/runs/record'
import { table } from './render-table.ts'
import { age } from './render-words.ts'

/** Runs as a table, or one with what it told; ends with a newline. */
export function ran(result: { runs: RunRecord[] } | { run: RunRecord; events: NumberedEvent[] }): string {
  return 'runs' in result ? listed(result.runs) : shown(result.run, result.events)
}

function listed(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'No runs.\n'
  const head = ['ID', 'FUNCTION', 'SOURCE', 'BY', 'STATE', 'AGE', 'SECONDS', 'STORED', 'RECORDS']
  return table([head, ...runs.map(row)])
}

function row(run: RunRecord): string[] {
  const { origin, name } = run.by
  return [
    run.id,
    run.function,
    run.source ?? '',
    name === undefined ? origin : `${origin} ${name}`,
    run.error ? `${run.state}: ${run.error.code}` : run.state,
    age(run.queued),
    run.seconds?.toFixed(1) ?? '',
    run.size === undefined ? '' : humanBytes(run.size),
    run.records?.toString() ?? '',
  ]
}

function shown(run: RunRecord, events: readonly NumberedEvent[]): string {
  const told = events.flatMap(({ time, event }) =>
    event.type === 'step' || event.type === 'warning' ? [`${time}  ${event.message}`] : [],
  )
  const error = run.error ? [`${run.error.code}: ${run.error.message}`] : []
  return [listed([run]).trimEnd(), ...told, ...error, ''].join('\n')
}
