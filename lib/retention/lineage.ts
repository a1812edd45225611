import { newestFirst } from '../repository/order.ts'
import { bySource, type RetentionBackup } from './backup.ts'

type ParentOf = (backup: RetentionBackup) => RetentionBackup | undefined

/**
 * Tells what a backup builds on, if it is there. Where its own parent is missing, that is whatever is left of its chain before it: the
 * parent may be found again, and then all of it is needed. `backups` are sorted, newest first.
 */
export function parentsIn(backups: readonly RetentionBackup[]): ParentOf {
  const places = new Map(backups.map(backup => [placeOf(backup, backup.id), backup]))
  const chains = Map.groupBy(backups, backup => placeOf(backup, backup.chain))
  return backup => {
    if (backup.type === 'full') return undefined
    const parent = backup.parent === undefined ? undefined : places.get(placeOf(backup, backup.parent))
    return parent ?? chains.get(placeOf(backup, backup.chain))?.find(one => newestFirst(backup, one) < 0)
  }
}

const placeOf = ({ source }: RetentionBackup, id: string): string => `${source}/${id}`

/** Everything that these build on, down to the fulls, each with the first of these that does. */
export function neededBy(
  backups: Iterable<RetentionBackup>,
  parentOf: ParentOf,
): Map<RetentionBackup, RetentionBackup> {
  const needed = new Map<RetentionBackup, RetentionBackup>()
  for (const backup of backups)
    for (let at = parentOf(backup); at && !needed.has(at); at = parentOf(at)) needed.set(at, backup)
  return needed
}

/** The oldest chain of each source first; in it what builds on others before what it builds on, whatever the clocks said. */
export function inRemovalOrder(backups: readonly RetentionBackup[], parentOf: ParentOf): RetentionBackup[] {
  const ranks = ranksOf(backups, parentOf)
  return backups.toSorted((a, b) => {
    const [one, other] = [ranks.get(a)!, ranks.get(b)!]
    return bySource(a, b) || newestFirst(other.root, one.root) || other.depth - one.depth || newestFirst(a, b)
  })
}

/** Where a chain begins, and how many steps from there. */
interface Rank {
  root: RetentionBackup
  depth: number
}

function ranksOf(backups: readonly RetentionBackup[], parentOf: ParentOf): Map<RetentionBackup, Rank> {
  const ranks = new Map<RetentionBackup, Rank>()
  for (const backup of backups)
    for (const one of unranked(backup, ranks, parentOf)) {
      const parent = parentOf(one)
      const rank = parent && ranks.get(parent)
      ranks.set(one, rank ? { root: rank.root, depth: rank.depth + 1 } : { root: one, depth: 0 })
    }
  return ranks
}

/** The backup and all that it builds on, the full first, as far as it has no rank. */
function unranked(
  backup: RetentionBackup,
  ranks: ReadonlyMap<RetentionBackup, Rank>,
  parentOf: ParentOf,
): RetentionBackup[] {
  const path = new Set<RetentionBackup>()
  // Manifests that name each other as parents must not hang the pass.
  for (let at: RetentionBackup | undefined = backup; at && !ranks.has(at) && !path.has(at); at = parentOf(at))
    path.add(at)
  return [...path].reverse()
}
