import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { compactTime } from '#lib/clock'
import { type GivenLimits, limitsOf } from '#lib/config/limits'
import { type Context, createFunction, type FunctionApp } from '#lib/http/create-function'
import type { Services } from '#lib/services'
import { functions } from '../../functions/index.ts'
import { type OpenedRuns, openRuns } from '../../runner/runs/open-runs.ts'

/** Runs of a process whose services are these; whatever could not be kept fails the test. */
export function testRuns({
  services,
  limits = {},
  apps = functions,
  onProblem = error => {
    throw error
  },
}: {
  services: Services
  limits?: GivenLimits
  apps?: Readonly<Record<string, FunctionApp>>
  onProblem?: (error: unknown) => void
}): OpenedRuns {
  const { clock } = services
  const newRun = () => `${compactTime(clock.now()).toLowerCase()}-${randomBytes(4).toString('hex')}`
  return openRuns({
    services: { ...services, newRun },
    limits: limitsOf(limits),
    functions: apps,
    onProblem,
  })
}

/** A function that does what a test tells it to. */
export function testFunction(
  name: string,
  run: (input: Record<string, unknown>, context: Context) => Promise<unknown>,
  input: z.ZodRawShape = { value: z.unknown().optional(), confirm: z.string().optional() },
): FunctionApp {
  return createFunction({ name, method: 'POST', summary: name, input: z.object(input), begins: true, run })
}
