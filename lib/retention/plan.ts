import { newestFirst } from '../repository/order.ts'
import { bySource, type RetentionBackup, seriesOf } from './backup.ts'
import { guardClaims, ownClaims, safetyClaims } from './guards.ts'
import { inRemovalOrder, neededBy, parentsIn } from './lineage.ts'
import type { RetentionPolicy } from './policy.ts'
import { inDays, type Label, labelsOf, type Reason } from './reason.ts'
import { rulesOf } from './rules.ts'

/** A backup that stays, with everything that wants it. */
export interface Kept {
  backup: RetentionBackup
  reasons: readonly Reason[]
  labels: readonly Label[]
  /** It stays only because a backup that stays builds on it, and goes with its chain. */
  isExpired: boolean
}

/** A backup that goes, and why. */
export interface Removed {
  backup: RetentionBackup
  reasons: readonly Reason[]
}

/** What becomes of every backup. */
export interface RetentionPlan {
  /** By source, newest first. */
  keep: readonly Kept[]
  /** By source, the oldest chain first, and each from its newest to its full: at no moment does a backup lack what it builds on. */
  remove: readonly Removed[]
}

/**
 * Decides what is kept and what goes. Pure. `backups` are all of the sources that they are of, or what is needed cannot be seen; of the
 * sources in `held`, whose leases others hold, everything stays.
 */
export function planRetention(
  backups: readonly RetentionBackup[],
  policy: RetentionPolicy,
  now: Date,
  { held }: { held: ReadonlySet<string> },
): RetentionPlan {
  const ordered = backups.toSorted((a, b) => bySource(a, b) || newestFirst(a, b))
  const parentOf = parentsIn(ordered)
  const reasons = reasonsToKeep(ordered, policy, now, held)
  const wanted = ordered.filter(backup => reasons.has(backup))
  for (const [backup, { id }] of neededBy(wanted, parentOf))
    add(reasons, backup, { rule: 'chain', text: `${id} builds on it` })
  const going = ordered.filter(backup => !reasons.has(backup))
  return {
    keep: ordered.filter(backup => reasons.has(backup)).map(backup => kept(backup, reasons.get(backup)!)),
    remove: inRemovalOrder(going, parentOf).map(backup => ({
      backup,
      reasons: [reasonToRemove(backup, policy)],
    })),
  }
}

type Reasons = Map<RetentionBackup, Reason[]>

/** All but those of chains. */
function reasonsToKeep(
  ordered: readonly RetentionBackup[],
  policy: RetentionPolicy,
  now: Date,
  held: ReadonlySet<string>,
): Reasons {
  const ruleClaims = rulesOf(policy, now)
  const reasons: Reasons = new Map()
  for (const { series, which } of seriesOf(ordered).flatMap(withSound))
    for (const { backup, reason } of [...ruleClaims(series), ...guardClaims(series, policy, which)])
      add(reasons, backup, reason)
  for (const { backup, reason } of [...safetyClaims(ordered, policy, now), ...ownClaims(ordered, held)])
    add(reasons, backup, reason)
  return reasons
}

/** What failed its verification must not make a good one go: then all is asked once more without it, and both answers count. */
function withSound(
  series: readonly RetentionBackup[],
): { series: readonly RetentionBackup[]; which?: string }[] {
  const sound = series.filter(({ failed }) => !failed)
  if (sound.length === series.length) return [{ series }]
  return [{ series }, { series: sound, which: ' that did not fail its verification' }]
}

function add(reasons: Reasons, backup: RetentionBackup, reason: Reason): void {
  const known = reasons.get(backup)
  if (!known) reasons.set(backup, [reason])
  else if (!known.some(({ text }) => text === reason.text)) known.push(reason)
}

function kept(backup: RetentionBackup, reasons: readonly Reason[]): Kept {
  return {
    backup,
    reasons,
    labels: labelsOf(reasons),
    isExpired: reasons.every(({ rule }) => rule === 'chain'),
  }
}

function reasonToRemove({ kind }: RetentionBackup, { safetyDays }: RetentionPolicy): Reason {
  return kind === 'safety'
    ? { rule: 'safety', text: `a safety backup at least ${inDays(safetyDays)} old` }
    : { rule: 'none', text: 'no rule wants it' }
}
