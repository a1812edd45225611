import { RespaldoError } from '#lib/errors'
import type { Schedule } from '#lib/schedule/schedule'
import type { Place } from './place.ts'

/** What every cron understands: numbers, names of three letters, lists, ranges and steps. */
const plainPart = /^(?:[\d*,/-]|[a-z]{3})+$/i

/** The pattern as other programs read it; `input-invalid` when it is one that only `serve` can follow. */
export function plainCron({ name, pattern }: Pick<Schedule, 'name' | 'pattern'>): string {
  const parts = pattern.trim().split(/\s+/)
  if (parts.length === 5 && parts.every(part => plainPart.test(part))) return parts.join(' ')
  throw new RespaldoError(
    'input-invalid',
    `The pattern ${pattern} of the schedule ${name} is not one of plain cron`,
    {
      hint: 'Seconds and words such as L, W and # are understood by `respaldo serve` alone.',
    },
  )
}

/** Lines for a crontab that do what the schedule says. A cron that does not know CRON_TZ uses the machine's own time zone. */
export function crontabLines(schedule: Schedule, { command, flags, folder }: Place): string {
  const call = [...command, 'schedule', 'run', schedule.name, ...flags, '--quiet'].map(word).join(' ')
  const line = `cd ${word(folder)} && ${call}`
  // In a crontab a percent sign ends the command, within quotes too.
  return `CRON_TZ=${schedule.timeZone}\n${plainCron(schedule)} ${line.replaceAll('%', '\\%')}\n`
}

/** A word of the shell. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
