import { RespaldoError } from '../errors.ts'
import type { RestorePlan } from '../postgres/database.ts'

/** `RESTAURAR` and `RESTORE` are accepted beside the name, as the documents of old had it. */
const words = ['RESTAURAR', 'RESTORE']

/** Says whether a caller confirmed the replacement of what has this name. */
export function isConfirmed(name: string, confirm: string | undefined): boolean {
  return confirm === name || (confirm !== undefined && words.includes(confirm))
}

/** Throws the plan's first refusal. */
export function assertAllowed({ refusals }: RestorePlan): void {
  const [refusal] = refusals
  if (!refusal) return
  throw new RespaldoError(refusal.code, refusal.message, { hint: refusal.hint, context: { refusals } })
}

/** Throws `not-confirmed` when a plan replaces a database whose name was not given. */
export function assertConfirmed(plan: RestorePlan, confirm: string | undefined): void {
  if (plan.replaces === undefined || isConfirmed(plan.replaces, confirm)) return
  throw new RespaldoError('not-confirmed', `The restore would replace the database ${plan.replaces}`, {
    hint: `Confirm with its name, ${plan.replaces}, or restore into a new database (into).`,
    context: { plan, confirm: plan.replaces },
  })
}
