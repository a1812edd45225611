import { RespaldoError } from '../errors.ts'
import { labels } from './reason.ts'

/** The parts of a policy that are numbers. 0 turns a rule off, and lets safety backups go at once. */
interface Numbers {
  /** Keep the newest backup of each of the last so many days that have one. */
  daily: number
  /** The same of weeks, which are those of ISO 8601. */
  weekly: number
  monthly: number
  yearly: number
  /** Keep the last so many fulls. */
  full: number
  /** Keep the last so many backups. */
  last: number
  /** Keep every backup that is younger than so many days of 24 hours. */
  days: number
  /** Never leave fewer than the newest so many. */
  minimum: number
  /** Safety backups go when they are so many days old. */
  safetyDays: number
}

/** How days, weeks and months are meant: `periods`, the newest backup of each; `calendar`, each backup in one class by the day of its making. */
export type Scheme = 'periods' | 'calendar'

/** What is kept; the numbers count for every source and scope by itself. */
export interface RetentionPolicy extends Readonly<Numbers> {
  scheme: Scheme
  /** IANA name of the zone whose days, weeks, months and years count. */
  timeZone: string
}

/** What one place says of the policy: flags, variables or the configuration. */
export type GivenRetention = { readonly [Key in keyof Numbers]?: number | undefined } & {
  readonly scheme?: Scheme | undefined
  /** False: rules that no place gives are off. */
  readonly defaults?: boolean | undefined
}

const offNumbers: Numbers = {
  daily: 0,
  weekly: 0,
  monthly: 0,
  yearly: 0,
  full: 0,
  last: 0,
  days: 0,
  minimum: 0,
  safetyDays: 7,
}

/** The numbers of the documents that asked for this tool. */
const defaultNumbers: Numbers = { ...offNumbers, daily: 7, weekly: 4, monthly: 12, full: 3 }

/**
 * The policy that several places make together, those that count more before those that count less; what none gives is a default.
 * `input-invalid` for what is no whole number of 0 or more, `retention-unsafe` when nothing would be kept.
 */
export function retentionPolicy(given: readonly GivenRetention[], timeZone: string): RetentionPolicy {
  const { scheme = 'periods', defaults = true, ...numbers } = merged(given)
  const policy = { ...(defaults ? defaultNumbers : offNumbers), ...numbers, scheme, timeZone }
  for (const name of Object.keys(offNumbers) as (keyof Numbers)[]) assertCount(name, policy[name])
  if ([...labels, 'minimum' as const].every(rule => policy[rule] === 0)) throw keepsNothing()
  return policy
}

/** One voice of several. What is undefined says nothing. */
function merged(given: readonly GivenRetention[]): Said {
  const entries = given.toReversed().flatMap(one => Object.entries(one))
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

type Said = { [Key in keyof GivenRetention]?: Exclude<GivenRetention[Key], undefined> }

function assertCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new RespaldoError('input-invalid', `The retention's ${name} cannot be ${value}`, {
    hint: 'Give a whole number, 0 or more; 0 turns the rule off.',
  })
}

const keepsNothing = (): RespaldoError =>
  new RespaldoError('retention-unsafe', 'Every retention rule is off, so nothing would be kept', {
    hint: `Give at least one of ${labels.join(', ')} a number of 1 or more.`,
  })
