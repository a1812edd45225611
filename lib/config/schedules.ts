import { z } from 'zod'
import { parsePreset, presetForms } from '../schedule/preset.ts'
import { isScheduleName, type Schedule, type Step } from '../schedule/schedule.ts'
import { openTimes } from '../schedule/times.ts'
import { timeZone } from './time-zone.ts'

const input = z
  .record(z.string(), z.unknown())
  .describe("the function's input: the flags of its command in camelCase")

/** A name of its own, because an object with a property of this name looks like a promise to who reads on. */
const then = 'then'

const following = z.union([
  z.string().min(1),
  z.strictObject({ run: z.string().min(1).describe('name of a function'), input: input.optional() }),
])

/** What an entry runs. */
const work = z.object({
  run: z.string().min(1).optional().describe('name of a function; create when there is none'),
  input: input.optional(),
  [then]: z.array(following).optional().describe('what runs after it as long as all before succeeded'),
})

/** One entry of the section `schedules`. */
const schedule = z
  .strictObject({
    ...work.shape,
    every: z
      .string()
      .refine(text => parsePreset(text) !== undefined, { error: `has to be ${presetForms}` })
      .optional()
      .describe(presetForms),
    cron: z.string().optional().describe('a cron pattern of five parts, or six with seconds before them'),
    timeZone: timeZone
      .optional()
      .describe('whose clock is meant; that of the whole configuration when there is none'),
    jitterSeconds: z
      .number()
      .nonnegative()
      .max(86_400)
      .optional()
      .describe('each firing comes so much later at most'),
    catchUp: z
      .boolean()
      .optional()
      .describe('whether the newest missed firing is made up for; true when not given'),
    enabled: z.boolean().optional().describe('false: never fires'),
  })
  .superRefine(({ every, cron }, context) => {
    if ((every === undefined) === (cron === undefined)) context.addIssue('needs either every or cron')
    const problem = cron === undefined ? undefined : whyNotPattern(cron)
    if (problem) context.addIssue({ code: 'custom', path: ['cron'], message: problem })
  })

/** The section `schedules`: what is done again and again, by name. */
export const schedules = z.record(z.string().refine(isScheduleName, { error: 'cannot be a name' }), schedule)

/** The section as it was written. */
export type GivenSchedules = z.infer<typeof schedules>

/** The schedules with what nobody gave, in the order of the file. */
export function schedulesOf(given: GivenSchedules = {}, timeZone: string): Schedule[] {
  return Object.entries(given).map(([name, one]) => ({
    name,
    ...workOf(one),
    pattern: one.cron ?? parsePreset(one.every ?? '') ?? '',
    timeZone: one.timeZone ?? timeZone,
    jitterSeconds: one.jitterSeconds ?? 0,
    catchUp: one.catchUp ?? true,
    enabled: one.enabled ?? true,
  }))
}

/** What an entry would run, the first and those that follow, also when something else about it is wrong. */
export function stepsIn(entry: unknown): readonly Step[] {
  const { success, data } = work.safeParse(entry)
  if (!success) return []
  const { following, ...first } = workOf(data)
  return [first, ...following]
}

const workOf = (one: z.infer<typeof work>) => ({
  function: one.run ?? 'create',
  input: one.input ?? {},
  following: (one[then] ?? []).map(stepOf),
})

function stepOf(one: z.infer<typeof following>): Step {
  return typeof one === 'string'
    ? { function: one, input: {} }
    : { function: one.run, input: one.input ?? {} }
}

/** Also a pattern that never comes is none. */
function whyNotPattern(pattern: string): string | undefined {
  try {
    const times = openTimes({ pattern, timeZone: 'UTC' })
    return times.after(new Date(0)) ? undefined : 'never comes'
  } catch (error) {
    return `is no cron pattern: ${(error as Error).message.replace(/^CronPattern: /, '')}`
  }
}
