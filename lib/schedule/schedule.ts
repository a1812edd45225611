import { RespaldoError } from '../errors.ts'
import { nearestFirst } from '../nearest.ts'
import { assertSegment } from '../repository/names.ts'

/** One call of a function. */
export interface Step {
  function: string
  input: Readonly<Record<string, unknown>>
}

/** When something is to be done again and again, and what; as the configuration says, with what it leaves open filled in. */
export interface Schedule extends Step {
  name: string
  /** A cron pattern of five parts, or six with seconds before them. */
  pattern: string
  /** IANA name of the zone whose clock the pattern means. */
  timeZone: string
  /** Each firing comes so much later at most, so that many schedules do not begin in the same second. */
  jitterSeconds: number
  /** Whether the newest firing that was missed, while nobody was there, is made up for. */
  catchUp: boolean
  enabled: boolean
  /** What is done after it, in this order, as long as everything before succeeded. */
  following: readonly Step[]
}

/** Tells a schedule whose times were changed from what it was before. */
export const timesOf = ({ pattern, timeZone }: Pick<Schedule, 'pattern' | 'timeZone'>): string =>
  `${pattern} ${timeZone}`

/** True for what can be a schedule's name: it becomes a part of a path in the repository. */
export function isScheduleName(name: string): boolean {
  try {
    assertSegment('schedule', name)
    return true
  } catch {
    return false // who asks says so in words of its own
  }
}

/** The schedule of that name; `input-invalid` names those that there are. */
export function namedSchedule(schedules: readonly Schedule[], name: string): Schedule {
  const found = schedules.find(one => one.name === name)
  if (found) return found
  const names = nearestFirst(
    name,
    schedules.map(one => one.name),
  )
  throw new RespaldoError('input-invalid', `There is no schedule ${name}`, {
    hint: names.length > 0 ? `There are: ${names.join(', ')}` : 'respaldo.yaml has none under `schedules`.',
  })
}
