import { RespaldoError } from '../errors.ts'
import type { Difference } from '../postgres/digest/compare.ts'

/** Throws `data-corrupt` unless there are none; the message names ten, the context all. */
export function refuseDifferences(reference: string, differences: readonly Difference[], hint: string): void {
  if (differences.length === 0) return
  const sentences = differences.map(({ object, what }) => `${object}: ${what}`)
  throw new RespaldoError(
    'data-corrupt',
    `${reference} did not come back as it was: ${sentences.slice(0, 10).join('; ')}`,
    { hint, context: { different: sentences } },
  )
}
