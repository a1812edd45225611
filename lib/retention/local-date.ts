import { dayMilliseconds } from '../clock.ts'

/** The date of a moment in some time zone. */
export interface LocalDate {
  /** `2026-03-05`. */
  day: string
  /** `2026-W10`, by ISO 8601: the year is that of the week's Thursday. */
  week: string
  /** `2026-03`. */
  month: string
  /** `2026`. */
  year: string
  isSunday: boolean
  isFirst: boolean
}

/** Tells the local date of times in ISO 8601. The zone's own rules decide, so a day may have 23 hours or 25. */
export function localDates(timeZone: string): (time: string) => LocalDate {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    dateStyle: 'short',
    calendar: 'iso8601',
    numberingSystem: 'latn',
  })
  return remembering(time => localDate(format.format(Date.parse(time))))
}

/** Several rules ask for each date, and Intl takes its time. */
function remembering(dateOf: (time: string) => LocalDate): (time: string) => LocalDate {
  const known = new Map<string, LocalDate>()
  return time => {
    const date = known.get(time) ?? dateOf(time)
    known.set(time, date)
    return date
  }
}

/** `day` as of ISO 8601, which is how the calendar of that name is written. */
function localDate(day: string): LocalDate {
  const date = new Date(day) // at midnight in UTC, where every day has 24 hours
  return {
    day,
    week: isoWeek(date),
    month: day.slice(0, 7),
    year: day.slice(0, 4),
    isSunday: date.getUTCDay() === 0,
    isFirst: day.endsWith('-01'),
  }
}

function isoWeek(date: Date): string {
  const sinceMonday = (date.getUTCDay() + 6) % 7
  const thursday = new Date(date.getTime() + (3 - sinceMonday) * dayMilliseconds)
  const year = thursday.getUTCFullYear()
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / dayMilliseconds / 7) + 1
  return `${year}-W${String(week).padStart(2, '0')}`
}
