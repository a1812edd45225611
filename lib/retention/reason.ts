import type { RetentionBackup } from './backup.ts'

/** Rules of a policy that want a backup; `list` shows these words as its labels. */
export const labels = ['daily', 'weekly', 'monthly', 'yearly', 'full', 'last', 'days'] as const

/** The word of one of them. */
export type Label = (typeof labels)[number]

/** Why a backup is kept or removed. */
export interface Reason {
  /**
   * A label; what never lets go (`newest`, `proven`, `minimum`, `fall`, `pinned`, `held`); `chain`, when a kept backup builds on it;
   * `safety`, by the age of safety backups alone; `none`, when nothing wants it.
   */
  rule: Label | 'newest' | 'proven' | 'minimum' | 'fall' | 'pinned' | 'held' | 'chain' | 'safety' | 'none'
  /** What the backup stands for: `2026-03-05`, `2026-W10`, `2026-03`, `2026`. */
  period?: string
  /** For people; without a full stop. */
  text: string
}

/** One reason to keep one backup. */
export interface Claim {
  backup: RetentionBackup
  reason: Reason
}

/** `1 day`, `7 days`. */
export const inDays = (days: number): string => `${days} ${days === 1 ? 'day' : 'days'}`

/** The labels of the rules that want a backup, in the order of `labels`. */
export function labelsOf(reasons: readonly Reason[]): Label[] {
  return labels.filter(label => reasons.some(({ rule }) => rule === label))
}
