import { ageDays, compactTime } from '../clock.ts'
import { parseJson, readText, writeJson } from '../runs/small-object.ts'
import { type Store, StoreConflict } from '../store/store.ts'
import type { Firing } from './firing.ts'

/** Days for which firings are kept, and how many at least whatever their age. */
const kept = { days: 7, newest: 10 }

const folderOf = (schedule: string): string => `schedules/${schedule}/`
const named = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.json$/

/** Where a firing is kept; its name sorts as its moment does. */
export const firingKey = (schedule: string, at: Date): string =>
  `${folderOf(schedule)}${compactTime(at)}.json`

/** True when the firing became this runner's; false when somebody has it already. Of many that try at once exactly one wins. */
export async function claimFiring(store: Store, firing: Firing): Promise<boolean> {
  try {
    await writeJson(store, keyOf(firing), firing, { overwrite: false })
    return true
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
    return false
  }
}

/** Writes what became of a firing over what was known of it. */
export function writeFiring(store: Store, firing: Firing): Promise<void> {
  return writeJson(store, keyOf(firing), firing)
}

/** A firing as it was read, with its bytes as text: who watches it for signs of life compares those. */
export interface FoundFiring {
  text: string
  /** Undefined when it is not readable. */
  firing: Firing | undefined
}

/** Undefined when nobody claimed it. */
export async function readFiring(store: Store, schedule: string, at: Date): Promise<FoundFiring | undefined> {
  const text = await readText(store, firingKey(schedule, at))
  return text === undefined ? undefined : { text, firing: parse(text) }
}

/** The moments of a schedule that somebody claimed, ascending. */
export async function claimedMoments(store: Store, schedule: string): Promise<Date[]> {
  const moments: Date[] = []
  for await (const key of store.list(folderOf(schedule), { shallow: true })) {
    const moment = momentOf(key.slice(folderOf(schedule).length))
    if (moment) moments.push(moment)
  }
  return moments
}

/** The newest firing at or before that moment, if it is readable. */
export async function newestFiring(store: Store, schedule: string, until: Date): Promise<Firing | undefined> {
  const at = (await claimedMoments(store, schedule)).findLast(moment => moment <= until)
  return at && (await readFiring(store, schedule, at))?.firing
}

/** Removes the firings that are old, but for the newest few. Those of a clock that was ahead go when they are. */
export async function pruneFirings(store: Store, schedule: string, now: Date): Promise<void> {
  const old = (await claimedMoments(store, schedule))
    .slice(0, -kept.newest)
    .filter(at => ageDays(at.toISOString(), now) > kept.days)
  if (old.length > 0) await store.delete(old.map(at => firingKey(schedule, at)))
}

const keyOf = ({ schedule, at }: Firing): string => firingKey(schedule, new Date(at))

function momentOf(name: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = named.exec(name) ?? []
  return year === undefined ? undefined : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function parse(text: string): Firing | undefined {
  const found = parseJson(text) as Partial<Firing> | null | undefined
  return found?.format === 1 && typeof found.at === 'string' && found.holder ? (found as Firing) : undefined
}
