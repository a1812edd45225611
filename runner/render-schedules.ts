import type { Firing } from '#lib/schedule/firing'
import type { Schedule, Step } from '#lib/schedule/schedule'
import { table } from './render-table.ts'

type Shown = Schedule & { last: Firing | null; next: string | null }

interface Next {
  at: string
  schedule: string
  function: string
  input: Step['input']
}

/** Schedules as a table, or their next firings; ends with a newline. */
export function scheduled(result: { schedules: Shown[] } | { next: Next[] }): string {
  return 'schedules' in result ? listed(result.schedules) : upcoming(result.next)
}

function listed(schedules: readonly Shown[]): string {
  if (schedules.length === 0) return 'No schedules: respaldo.yaml has none under `schedules`.\n'
  const head = ['SCHEDULE', 'RUNS', 'WHEN', 'LAST', 'STATE', 'NEXT']
  const rows = schedules.map(({ name, pattern, timeZone, enabled, last, next, ...what }) => [
    name,
    [what, ...what.following].map(step => step.function).join(', then '),
    `${pattern} (${timeZone})`,
    last?.at ?? 'never',
    last ? stateOf(last) : '',
    enabled ? (next ?? 'never') : 'disabled',
  ])
  return table([head, ...rows])
}

const stateOf = ({ state, why }: Firing): string => (why === undefined ? state : `${state}: ${why}`)

function upcoming(next: readonly Next[]): string {
  if (next.length === 0) return 'Nothing is scheduled.\n'
  const rows = next.map(({ at, schedule, function: called, input }) => [
    at,
    schedule,
    called,
    JSON.stringify(input),
  ])
  return table([['AT', 'SCHEDULE', 'FUNCTION', 'INPUT'], ...rows])
}

/** The results of a schedule that was run by hand, one after the other. */
export function ranSchedule(
  { runs }: { runs: readonly { function: string; result: unknown }[] },
  people: (name: string, result: unknown, options: { verbose: boolean }) => string,
): string {
  return runs.map(({ function: name, result }) => people(name, result, { verbose: false })).join('')
}

/** The state of the service, its next firing and the last one of each schedule. */
export function serviceState({
  service,
  next,
  schedules,
}: {
  service: { unit: string; active: string; enabled: string } | null
  next: Next | null
  schedules: readonly Shown[]
}): string {
  const state = service
    ? `${service.unit} is ${service.active} (${service.enabled})`
    : 'There is no systemd here, so no service of it either.'
  const coming = next ? `Next: ${next.schedule} at ${next.at}` : 'Nothing is scheduled.'
  return `${state}\n${coming}\n${schedules.length > 0 ? listed(schedules) : ''}`
}
