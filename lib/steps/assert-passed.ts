import { RespaldoError } from '../errors.ts'
import type { Verified } from './verify-backup.ts'

type Outcome = Pick<Verified, 'source' | 'id' | 'verdict' | 'problems'>

/** Throws unless every verification passed; all outcomes are in the error's context. Damage that was found counts before what could not be judged. */
export function assertPassed(verified: readonly Outcome[]): void {
  const failed = verified.filter(({ verdict }) => verdict === 'failed')
  const problems = failed.flatMap(({ problems }) => problems)
  const worst = problems.find(({ code }) => code === 'data-corrupt') ?? problems[0]
  if (!worst) return
  const others = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  const names = failed.map(({ source, id }) => `${source}/${id}`).join(', ')
  throw new RespaldoError(worst.code, `Verification failed of ${names}: ${worst.message}${others}`, {
    hint: worst.hint,
    context: { verified },
  })
}
