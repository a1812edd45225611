const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** What comes behind the period, and the hour where no time is given. */
const presets = {
  hourly: { shape: /^$/, hour: 0, pattern: () => '0 * * * *' },
  daily: { shape: clock(''), hour: 2, pattern: (at: string) => `${at} * * *` },
  weekly: {
    shape: clock(`(?<day>${days.join('|')})?`),
    hour: 3,
    pattern: (at: string, day = 'sunday') => `${at} * * ${days.indexOf(day)}`,
  },
  monthly: { shape: clock(''), hour: 3, pattern: (at: string) => `${at} 1 * *` },
  quarterly: { shape: clock(''), hour: 3, pattern: (at: string) => `${at} 1 1,4,7,10 *` },
}

/** How a preset may be written. */
export const presetForms =
  'hourly, daily, daily 02:00, weekly, weekly Sunday 03:00, monthly, monthly 03:00, quarterly or quarterly 03:00'

/** The cron pattern of `daily 02:00` and the like; undefined when it is none of them. Without a time: daily at 02:00, the others at 03:00. */
export function parsePreset(text: string): string | undefined {
  const [, period = '', rest = ''] = /^(\w+)\s*(.*?)\s*$/.exec(text.trim().toLowerCase()) ?? []
  if (!isPeriod(period)) return undefined
  const { shape, hour, pattern } = presets[period]
  const match = shape.exec(rest)
  if (!match) return undefined
  const given = match.groups ?? {}
  return pattern(`${Number(given.minute ?? 0)} ${Number(given.hour ?? hour)}`, given.day)
}

const isPeriod = (word: string): word is keyof typeof presets => Object.hasOwn(presets, word)

function clock(before: string): RegExp {
  return new RegExp(`^${before}\\s*(?:(?<hour>[01]?\\d|2[0-3]):(?<minute>[0-5]\\d))?$`)
}
