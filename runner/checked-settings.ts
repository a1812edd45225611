import { functions } from '#functions'
import { mergeLayers } from '#lib/config/layers'
import type { Settings } from '#lib/services'
import type { GlobalOptions } from './cli.ts'
import { type ReadFiles, readFiles } from './configuration.ts'
import type { Outside } from './outside.ts'
import { allOf, severalProblems } from './problems.ts'
import { scheduleProblems } from './schedules/checks.ts'
import { readSettings } from './settings.ts'

/** The settings of a server, with all that is configured for it looked at: every problem at once, before anything begins. */
export function checkedSettings(
  options: GlobalOptions,
  outside: Outside,
): { settings: Settings; files: ReadFiles } {
  const files = readFiles(options, outside)
  const [settings] = allOf(
    () => readSettings(options, outside, 'http', files),
    () => checkSchedules(files),
  )
  return { settings, files }
}

function checkSchedules({ layers }: ReadFiles): void {
  const { schedules } = mergeLayers(layers) as { schedules?: unknown }
  const problems = scheduleProblems(schedules, functions)
  if (problems.length > 0) throw severalProblems(problems)
}
