import { humanBytes } from '#lib/bytes'
import { age, type Totals, totals } from './render-words.ts'

/** What `list` says of a backup's proofs. */
export interface Standing {
  passed?: { level: string; time: string }
  failed?: { level: string; time: string }
}

interface Evidence {
  rawBytes: number
  restored?: { where: string }
}

/** One outcome of `verify`. */
export interface Verified {
  source: string
  id: string
  level: string
  seconds: number
  evidence: Evidence | (Evidence & Totals)
}

/** The column PROVEN. How long ago matters for what was restored: only that says that it comes back. */
export function standing({ passed, failed }: Standing): string {
  if (failed) return 'FAILED'
  if (!passed) return 'no'
  return passed.level === 'restored' ? `restored ${age(passed.time)} ago` : passed.level
}

/** A line for every backup: one that failed is an error, and not a result. */
export function verification({ verified }: { verified: readonly Verified[] }): string {
  return verified.map(one => `${one.source}/${one.id}: ${outcome(one)}\n`).join('')
}

/** `readable, 741 MB in 1.2 s; 12 tables, 1003 rows`. */
export function outcome({ level, seconds, evidence }: Verified): string {
  const { rawBytes, restored } = evidence
  const held = 'entries' in evidence || 'tables' in evidence ? `; ${totals(evidence)}` : ''
  const where = restored ? ` in ${restored.where}` : ''
  return `${level}${where}, ${humanBytes(rawBytes)} in ${seconds.toFixed(1)} s${held}`
}
