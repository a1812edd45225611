import { ageDays } from '../clock.ts'
import type { RetentionBackup } from './backup.ts'
import { type LocalDate, localDates } from './local-date.ts'
import type { RetentionPolicy } from './policy.ts'
import { type Claim, inDays, type Label } from './reason.ts'

/** What a rule sees. */
interface View {
  /** The backups of one source and scope, newest first. */
  series: readonly RetentionBackup[]
  policy: RetentionPolicy
  now: Date
  dateOf(backup: RetentionBackup): LocalDate
}

/** What the rules of a policy want of a series. They are a union: none takes away what another one wants. */
export function rulesOf(policy: RetentionPolicy, now: Date): (series: View['series']) => Claim[] {
  const dateIn = localDates(policy.timeZone)
  const byDate = policy.scheme === 'calendar' ? calendarClaims : periodClaims
  return series => {
    const view: View = { series, policy, now, dateOf: ({ started }) => dateIn(started) }
    return [
      ...byDate(view),
      ...newestOfEach(view, 'yearly', 'year'),
      ...lastOf({ ...view, series: series.filter(isFull) }, 'full', 'full'),
      ...lastOf(view, 'last', 'backup'),
      ...youngerThan(view),
    ]
  }
}

const isFull = ({ type }: RetentionBackup): boolean => type === 'full'

function periodClaims(view: View): Claim[] {
  return [
    ...newestOfEach(view, 'daily', 'day'),
    ...newestOfEach(view, 'weekly', 'week'),
    ...newestOfEach(view, 'monthly', 'month'),
  ]
}

/** A full is of none of these classes, any other backup of exactly one. */
function calendarClaims(view: View): Claim[] {
  const others = view.series.filter(backup => !isFull(backup))
  const classes = Map.groupBy(others, backup => classOf(view.dateOf(backup)))
  return [...classes].flatMap(([label, series]) => lastOf({ ...view, series }, label, `${label} backup`))
}

const classOf = ({ isSunday, isFirst }: LocalDate) => (isSunday ? 'weekly' : isFirst ? 'monthly' : 'daily')

/** Periods without a backup do not count. */
function newestOfEach(
  { series, policy, dateOf }: View,
  rule: Label,
  unit: 'day' | 'week' | 'month' | 'year',
): Claim[] {
  const newest = new Map<string, RetentionBackup>()
  for (const backup of series) {
    if (newest.size === policy[rule]) break
    const period = dateOf(backup)[unit]
    if (!newest.has(period)) newest.set(period, backup)
  }
  return [...newest].map(([period, backup]) => ({
    backup,
    reason: { rule, period, text: `the newest of the ${unit} ${period}` },
  }))
}

function lastOf({ series, policy }: View, rule: Label, noun: string): Claim[] {
  const count = policy[rule]
  const text = count === 1 ? `the last ${noun}` : `one of the last ${count} ${noun}s`
  return series.slice(0, count).map(backup => ({ backup, reason: { rule, text } }))
}

function youngerThan({ series, policy: { days }, now }: View): Claim[] {
  const text = `younger than ${inDays(days)}`
  return series
    .filter(({ started }) => ageDays(started, now) < days)
    .map(backup => ({ backup, reason: { rule: 'days', text } }))
}
