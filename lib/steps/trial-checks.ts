import { RespaldoError } from '../errors.ts'
import type { Database } from '../postgres/database.ts'
import type { Services } from '../services.ts'

type Check = Services['checks'][number]

/** Asks the user's own questions of a restored database; `data-corrupt` says which answer is not the expected one. */
export async function runChecks(
  database: Pick<Database, 'rows'>,
  run: string,
  checks: readonly Check[],
  signal: AbortSignal,
): Promise<void> {
  for (const check of checks) {
    const expected = check.expect === undefined ? true : check.expect
    const found = await answerTo(database, run, check, signal)
    if (found !== expected) throw failed(check, found, expected)
  }
}

async function answerTo(
  database: Pick<Database, 'rows'>,
  run: string,
  { sql }: Check,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const select = sql.trim().replace(/;$/, '')
    const values = (await database.rows({ run, select }, signal)).flatMap(row => Object.values(row))
    if (values.length === 1) return values[0]
  } catch (cause) {
    if (!(cause instanceof RespaldoError) || cause.code !== 'command-failed') throw cause
    throw new RespaldoError(
      'config-invalid',
      `The check ${JSON.stringify(sql)} cannot be run: ${cause.message}`,
      {
        cause,
        hint: 'A check is one SELECT that runs in the restored database.',
      },
    )
  }
  throw new RespaldoError('config-invalid', `The check ${JSON.stringify(sql)} does not give a single value`, {
    hint: 'Let it select one row of one column, such as `SELECT count(*) > 0 FROM orders`.',
  })
}

function failed({ sql }: Check, found: unknown, expected: unknown): RespaldoError {
  return new RespaldoError(
    'data-corrupt',
    `The check ${JSON.stringify(sql)} gives ${JSON.stringify(found)} instead of ${JSON.stringify(expected)} in the restored database`,
    { hint: 'The data came back as it was backed up: look at what it was then, and at the check itself.' },
  )
}
