import { errorBody, RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { DatabaseChoice } from '../postgres/database.ts'
import { chooseDatabases } from '../postgres/patterns.ts'

/** What a caller says of a server's databases. */
export interface WholeServer extends DatabaseChoice {
  allDatabases?: boolean | undefined
  database?: string | undefined
}

/** Which databases of a server a call is about, its own words before the configuration's; undefined when it is about one. */
export function databaseChoice(
  { allDatabases, database, include, exclude }: WholeServer,
  configured?: DatabaseChoice,
): DatabaseChoice | undefined {
  if (allDatabases && database !== undefined)
    throw new RespaldoError('input-invalid', 'database and allDatabases exclude each other', {
      hint: 'Choose among all databases with include and exclude (--include, --exclude).',
    })
  const choice = allDatabases ? {} : allDatabases === undefined ? configured : undefined
  if (!choice && (include || exclude))
    throw new RespaldoError('input-invalid', 'include and exclude choose among all databases of a server', {
      hint: 'Add allDatabases (--all-databases).',
    })
  return choice && { ...choice, ...(include ? { include } : {}), ...(exclude ? { exclude } : {}) }
}

/** The names that are chosen, with a warning for each pattern that includes nothing; `source-not-found` when there are none. */
export function chosenNames(
  names: readonly string[],
  choice: DatabaseChoice,
  { report }: Pick<Context, 'report'>,
): string[] {
  const { chosen, unfit } = chooseDatabases(names, choice)
  if (chosen.length === 0)
    throw new RespaldoError('source-not-found', 'None of the databases is meant', {
      hint: names.length > 0 ? `There are: ${names.join(', ')}.` : 'The server holds no database of a user.',
    })
  for (const pattern of unfit) report({ type: 'warning', message: `No database is called ${pattern}` })
  return chosen
}

/** What was done to one database of a server. */
export type Done<Result> = { database: string } & Result

/** What a run over several databases does, in words for its reports. */
export interface Task {
  /** `backed up`. */
  done: string
  /** What became of those with which it failed, as a sentence. */
  failed: string
  /** What the error's context says beside what became of each. */
  facts: Record<string, unknown>
}

/**
 * Does the same to each database, in order; one that fails stops no other. Throws at the end when any failed: with the code of the first,
 * and what became of each in `context.databases`. What was cancelled stops at once.
 */
export async function eachDatabase<Result extends object>(
  names: readonly string[],
  task: Task,
  { signal, report }: Context,
  work: (database: string) => Promise<Result>,
): Promise<Done<Result>[]> {
  const done: Done<Result>[] = []
  const failed: Failed[] = []
  for (const [at, database] of names.entries()) {
    try {
      throwIfAborted(signal)
      report({ type: 'step', step: 'database', message: `${database} (${at + 1} of ${names.length})` })
      done.push({ database, ...(await work(database)) })
    } catch (cause) {
      if (signal.aborted) throw cause
      const error = toRespaldoError(cause)
      report({ type: 'step', step: 'database', message: `${database} failed: ${error.message}` })
      failed.push({ database, error })
    }
  }
  const [first] = failed
  if (first) throw someFailed(task, done, failed, first.error)
  return done
}

interface Failed {
  database: string
  error: RespaldoError
}

function someFailed(
  task: Task,
  done: readonly { database: string }[],
  failed: readonly Failed[],
  first: RespaldoError,
): RespaldoError {
  const reasons = failed.map(({ database, error }) => `${database} (${error.message})`)
  const others = done.length > 0 ? `These were: ${done.map(({ database }) => database).join(', ')}. ` : ''
  return new RespaldoError(
    first.code,
    `${failed.length} of ${done.length + failed.length} databases could not be ${task.done}: ${reasons.join('; ')}`,
    {
      hint: `${others}${task.failed}${first.hint ? ` ${first.hint}` : ''}`,
      cause: first,
      context: {
        ...task.facts,
        databases: [...done, ...failed.map(({ database, error }) => ({ database, error: errorBody(error) }))],
      },
    },
  )
}
