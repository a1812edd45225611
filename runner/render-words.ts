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
