import { type ErrorCode, RespaldoError } from '../errors.ts'
import type { RestorePlan } from '../postgres/database.ts'

/** `RESTAURAR` and `RESTORE` are accepted beside the name, as the documents of old had it. */
const words = ['RESTAURAR', 'RESTORE']

/** Says whether a caller confirmed the replacement of what has this name. */
export function isConfirmed(name: string, confirm: string | undefined): boolean {
  return confirm === name || (confirm !== undefined && words.includes(confirm))
}

/** A plan of a restore, of a database or of a volume. */
type Plan = Pick<RestorePlan, 'replaces'> & {
  refusals: readonly { code: ErrorCode; message: string; hint?: string }[]
}

/** Throws the plan's first refusal. */
export function assertAllowed({ refusals }: Pick<Plan, 'refusals'>): void {
  const [refusal] = refusals
  if (!refusal) return
  throw new RespaldoError(refusal.code, refusal.message, { hint: refusal.hint, context: { refusals } })
}

/** Throws `not-confirmed` when a plan replaces something whose name was not given. */
export function assertConfirmed(
  plan: Plan,
  confirm: string | undefined,
  what: 'database' | 'volume' = 'database',
): void {
  if (plan.replaces === undefined || isConfirmed(plan.replaces, confirm)) return
  throw new RespaldoError('not-confirmed', `The restore would replace the ${what} ${plan.replaces}`, {
    hint: `Confirm with its name, ${plan.replaces}, or restore into a new ${what} (into).`,
    context: { plan, confirm: plan.replaces },
  })
}
