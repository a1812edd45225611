import { z } from 'zod'

const positive = z.int().positive()

/** The section `limits`: how much a server does at once, and for how long it keeps what it did. */
export const limits = z.strictObject({
  /** Runs at once. */
  runs: positive.optional(),
  /** Of those, in one environment; without it as many. */
  perEnvironment: positive.optional(),
  /** Runs that may wait beside them. */
  queue: z.int().nonnegative().optional(),
  /** How long runs may go on after the server was told to stop. */
  graceSeconds: z.number().nonnegative().optional(),
  /** For so long records of runs are kept. */
  keepDays: positive.optional(),
  /** A run that takes longer is ended. */
  maximumMinutes: z.number().positive().optional(),
})

/** The section as it was written. */
export type GivenLimits = z.infer<typeof limits>
/** The section with what nobody gave. */
export type Limits = { [Name in keyof GivenLimits]-?: NonNullable<GivenLimits[Name]> }

/** What holds where the section says nothing. */
export function limitsOf({
  runs = 2,
  perEnvironment = runs,
  queue = 20,
  graceSeconds = 30,
  keepDays = 90,
  maximumMinutes = 1440,
}: GivenLimits = {}): Limits {
  return { runs, perEnvironment, queue, graceSeconds, keepDays, maximumMinutes }
}
