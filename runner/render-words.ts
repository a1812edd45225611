import { systemClock } from '#lib/clock'

/** `5 min`, `3 h`, `12 d`. */
export function age(time: string): string {
  const minutes = (systemClock.now().getTime() - Date.parse(time)) / 60_000
  if (minutes < 60) return `${Math.max(0, Math.round(minutes))} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`
}

/** `1 row`, `2 rows`; `2 entries` where the plural is given. */
export const count = (number: number, word: string, plural = `${word}s`): string =>
  `${number} ${number === 1 ? word : plural}`

/** What a backup holds, in numbers: of a database or of a volume. */
export type Totals = { tables: number; rows?: number } | { entries: number }

/** `3 tables, 1003 rows` of a database; `12 entries` of a volume. */
export function totals(held: Totals): string {
  if ('entries' in held) return count(held.entries, 'entry', 'entries')
  const rows = held.rows === undefined ? '' : `, ${count(held.rows, 'row')}`
  return `${count(held.tables, 'table')}${rows}`
}
