import { errorBody, RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'

/** What was done to one database or volume: its name under what it is. */
export type Done<What extends string, Result> = Record<What, string> & Result

/** What a run over several databases or volumes does, in words for its reports. */
export interface Task<What extends 'database' | 'volume'> {
  what: What
  /** `backed up`. */
  done: string
  /** What became of those with which it failed, as a sentence. */
  failed: string
  /** What the error's context says beside what became of each. */
  facts: Record<string, unknown>
}

/**
 * Does the same to each database or volume, in order; one that fails stops no other. Throws at the end when any failed: with the code of the
 * first, and what became of each in `context.databases` or `context.volumes`. What was cancelled stops at once.
 */
export async function each<What extends 'database' | 'volume', Result extends object>(
  names: readonly string[],
  task: Task<What>,
  { signal, report }: Context,
  work: (name: string) => Promise<Result>,
): Promise<Done<What, Result>[]> {
  const done: Done<What, Result>[] = []
  const failed: Failed[] = []
  const step = task.what
  for (const [at, name] of names.entries()) {
    try {
      throwIfAborted(signal)
      report({ type: 'step', step, message: `${name} (${at + 1} of ${names.length})` })
      done.push({ [step]: name, ...(await work(name)) } as Done<What, Result>)
    } catch (cause) {
      if (signal.aborted) throw cause
      const error = toRespaldoError(cause)
      report({ type: 'step', step, message: `${name} failed: ${error.message}` })
      failed.push({ name, error })
    }
  }
  const [first] = failed
  if (first) throw someFailed(task, done, failed, first.error)
  return done
}

interface Failed {
  name: string
  error: RespaldoError
}

function someFailed<What extends 'database' | 'volume'>(
  task: Task<What>,
  done: readonly Record<What, string>[],
  failed: readonly Failed[],
  first: RespaldoError,
): RespaldoError {
  const { what } = task
  const reasons = failed.map(({ name, error }) => `${name} (${error.message})`)
  const others = done.length > 0 ? `These were: ${done.map(one => one[what]).join(', ')}. ` : ''
  const each = [...done, ...failed.map(({ name, error }) => ({ [what]: name, error: errorBody(error) }))]
  return new RespaldoError(
    first.code,
    `${failed.length} of ${each.length} ${what}s could not be ${task.done}: ${reasons.join('; ')}`,
    {
      hint: `${others}${task.failed}${first.hint ? ` ${first.hint}` : ''}`,
      cause: first,
      context: { ...task.facts, [`${what}s`]: each },
    },
  )
}
