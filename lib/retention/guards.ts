import { humanBytes } from '../bytes.ts'
import { ageDays } from '../clock.ts'
import type { RetentionBackup } from './backup.ts'
import type { RetentionPolicy } from './policy.ts'
import { type Claim, inDays, type Reason } from './reason.ts'

type Series = readonly RetentionBackup[]

/** What of a series is never let go, whatever the rules want. `which` says of what kind the series is, as ` that …`, where not of all. */
export function guardClaims(series: Series, { minimum }: RetentionPolicy, which = ''): Claim[] {
  return [
    ...claims(series.slice(0, 1), 'newest', `the newest backup${which}`),
    ...claims(series.filter(({ proven }) => proven).slice(0, 1), 'proven', 'the newest proven backup'),
    ...claims(series.slice(0, minimum), 'minimum', `within the minimum of ${minimum}${which}`),
    ...fallClaims(series),
  ]
}

/** What is never let go for itself, whatever its kind. */
export function ownClaims(backups: Series, held: ReadonlySet<string>): Claim[] {
  return [
    ...claims(
      backups.filter(({ pinned }) => pinned),
      'pinned',
      'pinned',
    ),
    ...claims(
      backups.filter(({ source }) => held.has(source)),
      'held',
      'another run holds its source',
    ),
  ]
}

/** Safety backups that are young enough. */
export function safetyClaims(backups: Series, { safetyDays }: RetentionPolicy, now: Date): Claim[] {
  const young = backups.filter(({ kind, started }) => kind === 'safety' && ageDays(started, now) < safetyDays)
  return claims(young, 'safety', `a safety backup younger than ${inDays(safetyDays)}`)
}

function claims(backups: Series, rule: Reason['rule'], text: string): Claim[] {
  return backups.map(backup => ({ backup, reason: { rule, text } }))
}

/**
 * Both sides of a fall by half that nobody has accepted. The older one may be all that is left of the lost data; without the younger one
 * the next pass would no longer see that anything fell.
 */
function fallClaims(series: Series): Claim[] {
  return fallsIn(series)
    .filter(({ before }) => !before.accepted)
    .flatMap(({ before, after, what }) => [
      ...claims([before], 'fall', `the last before ${what}, which nobody has accepted yet`),
      ...claims([after], 'fall', `the first after ${what}, which nobody has accepted yet`),
    ])
}

/** Two neighbours of a series between which rows or bytes fell by half. */
export interface Fall {
  before: RetentionBackup
  after: RetentionBackup
  /** `its rows fell from 10 to 5`. */
  what: string
}

/** Every fall of a series (newest first), accepted or not. */
export function fallsIn(series: Series): Fall[] {
  return series.slice(1).flatMap((before, index) => {
    const after = series[index]!
    const what = fallBetween(before, after)
    return what === undefined ? [] : [{ before, after, what }]
  })
}

function fallBetween(before: RetentionBackup, after: RetentionBackup): string | undefined {
  if (before.rows !== undefined && after.rows !== undefined && isFall(before.rows, after.rows))
    return `its rows fell from ${before.rows} to ${after.rows}`
  if (isFall(before.bytes, after.bytes))
    return `its size fell from ${humanBytes(before.bytes)} to ${humanBytes(after.bytes)}`
  return undefined
}

const isFall = (before: number, after: number): boolean => before > 0 && after * 2 <= before
