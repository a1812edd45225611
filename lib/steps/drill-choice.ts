import { type DatabaseManifest, isDatabase, isWhole, type Manifest } from '../repository/manifest.ts'

/** What is imagined to have happened. */
export const scenarios = ['database-lost', 'newest-damaged', 'server-lost'] as const

/** One of `scenarios`. */
export type Scenario = (typeof scenarios)[number]

/** Those of which a drill may restore one: regular backups of a whole database. */
export const candidates = (backups: readonly Manifest[]): DatabaseManifest[] =>
  backups.filter(isDatabase).filter(({ kind, scope }) => kind === 'regular' && isWhole(scope))

/**
 * The backup that would be restored: the newest of the whole database, or, when that one is damaged, the newest of another chain, because
 * damage may hurt all of a chain. Undefined when there is none. Of one source's candidates, newest first.
 */
export function chooseForDrill(
  backups: readonly DatabaseManifest[],
  scenario: Scenario,
): DatabaseManifest | undefined {
  const [newest] = backups
  return scenario === 'newest-damaged' ? backups.find(({ chain }) => chain !== newest?.chain) : newest
}
