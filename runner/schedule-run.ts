import { type FunctionName, table } from '#functions/table'
import { limitsOf } from '#lib/config/limits'
import { RespaldoError } from '#lib/errors'
import type { FunctionApp } from '#lib/http/create-function'
import { followingInputs, sourcesOf } from '#lib/schedule/following'
import { namedSchedule, type Schedule, type Step } from '#lib/schedule/schedule'
import { openServices } from '#lib/services'
import type { GlobalOptions } from './cli.ts'
import { invoke, outcome } from './invoke.ts'
import type { Outside } from './outside.ts'
import { type Called, keptCall } from './runs/one-off.ts'
import { readSettings } from './settings.ts'
import { shown } from './shown.ts'

interface Done extends Step {
  result: unknown
}

/** Does by hand, here and now, what a schedule says, and what follows it as long as all before succeeded. It is no firing of it. */
export function runSchedule(name: string, options: GlobalOptions, outside: Outside): Promise<number> {
  return shown('schedule run', { options, outside }, async renderer => {
    const settings = readSettings(options, outside, 'cli')
    const services = openServices(settings)
    const { keepDays } = limitsOf(settings.configuration.limits)
    const hands = { services, report: renderer.event, signal: outside.signal }
    const schedule = namedSchedule(services.schedules, name)
    return { schedule: name, runs: await runAll(schedule, step => runStep(step, keepDays, hands)) }
  })
}

async function runAll(schedule: Schedule, run: (step: Step) => Promise<Done>): Promise<Done[]> {
  const first = await run(schedule)
  const sources = sourcesOf({ record: first, result: first.result })
  const done = [first]
  for (const step of schedule.following) {
    const takesSource = 'source' in (await appOf(step)).input.shape
    for (const input of followingInputs(step, { sources, takesSource }))
      done.push(await run({ ...step, input }))
  }
  return done
}

async function runStep(
  { function: name, input }: Step,
  keepDays: number,
  hands: Parameters<Called>[0],
): Promise<Done> {
  const app = await appOf({ function: name, input })
  const call: Called = async ({ services, report, signal }) =>
    outcome(await invoke(app, services, { input, events: true, signal }), report)
  return { function: name, input, result: await keptCall({ function: name, input }, keepDays, call, hands) }
}

async function appOf({ function: name }: Step): Promise<FunctionApp> {
  if (Object.hasOwn(table, name)) return table[name as FunctionName]()
  throw new RespaldoError('config-invalid', `There is no function ${name}`)
}
