import { RespaldoError } from '#lib/errors'

/** The single problems of an error about input or configuration; of any other error its message. */
export function problemsIn(error: RespaldoError): readonly string[] {
  const { problems } = error.context ?? {}
  return Array.isArray(problems) ? problems.map(String) : [error.message]
}

/** One error for several problems, so that nobody has to mend them one by one. */
export function severalProblems(problems: readonly string[], hint?: string): RespaldoError {
  return new RespaldoError('config-invalid', problems.join('; '), { hint, context: { problems } })
}

/** The values of all; when one fails its error, and when several do one error with the problems of all of them. */
export function allOf<Values extends readonly unknown[]>(
  ...readers: { [Index in keyof Values]: () => Values[Index] }
): Values {
  const errors: RespaldoError[] = []
  const values = readers.map(read => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RespaldoError)) throw error
      errors.push(error)
      return undefined
    }
  })
  if (errors.length === 0) return values as unknown as Values
  throw errors.length === 1 ? errors[0] : severalProblems(errors.flatMap(problemsIn))
}
