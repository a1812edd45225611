import { meant } from '#lib/config/problems'
import { stepsIn } from '#lib/config/schedules'
import { RespaldoError } from '#lib/errors'
import type { FunctionApp } from '#lib/http/create-function'
import { checkInput } from '#lib/http/input'
import type { Step } from '#lib/schedule/schedule'
import { problemsIn } from '../problems.ts'

type Functions = Readonly<Record<string, FunctionApp>>

/** What is wrong with what the section `schedules` of a configuration runs: each problem with its place. */
export function scheduleProblems(section: unknown, functions: Functions): string[] {
  if (typeof section !== 'object' || section === null) return []
  return Object.entries(section).flatMap(([name, entry]) =>
    stepsIn(entry).flatMap((step, index) => {
      const place = index === 0 ? `schedules.${name}` : `schedules.${name}.then.${index - 1}`
      return stepProblems(step, functions).map(problem => `${place}.${problem}`)
    }),
  )
}

function stepProblems({ function: name, input }: Step, functions: Functions): string[] {
  const app = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!app) return [`run: there is no function ${name}${meant(name, Object.keys(functions))}`]
  if (app.method !== 'POST') return [`run: ${name} only reads, so a schedule of it would do nothing`]
  const local = app.local.filter(field => field in input)
  return [
    ...local.map(field => `input.${field}: can be given on the command line only; name a source instead`),
    ...inputProblems(app, input).map(problem => `input: ${problem}`),
  ]
}

function inputProblems(app: FunctionApp, input: Step['input']): readonly string[] {
  try {
    checkInput(app, input, 'cli')
    return []
  } catch (error) {
    if (!(error instanceof RespaldoError)) throw error
    return problemsIn(error)
  }
}
