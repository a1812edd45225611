import { RespaldoError } from '../errors.ts'
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
