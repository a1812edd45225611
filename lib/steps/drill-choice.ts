import { isWhole, type Manifest } from '../repository/manifest.ts'

/** What is imagined to have happened. */
export const scenarios = ['database-lost', 'volume-lost', 'newest-damaged', 'server-lost'] as const

/** One of `scenarios`. */
export type Scenario = (typeof scenarios)[number]

/** What is imagined where nothing is said: each source itself is lost. */
export const usualScenarios: readonly Scenario[] = ['database-lost', 'volume-lost']

const onlyOf: { readonly [S in Scenario]?: Manifest['source']['kind'] } = {
  'database-lost': 'postgres',
  'server-lost': 'postgres',
  'volume-lost': 'volume',
}

/** Says whether it can happen to a source of that kind. */
export const canHappen = (scenario: Scenario, kind: Manifest['source']['kind']): boolean =>
  (onlyOf[scenario] ?? kind) === kind

/** Those of which a drill may restore one: regular backups of a whole source. */
export const candidates = (backups: readonly Manifest[]): Manifest[] =>
  backups.filter(({ kind, scope }) => kind === 'regular' && isWhole(scope))

/**
 * The backup that would be restored: the newest of the whole source, or, when that one is damaged, the newest of another chain, because
 * damage may hurt all of a chain. Undefined when there is none. Of one source's candidates, newest first.
 */
export function chooseForDrill(backups: readonly Manifest[], scenario: Scenario): Manifest | undefined {
  const [newest] = backups
  return scenario === 'newest-damaged' ? backups.find(({ chain }) => chain !== newest?.chain) : newest
}
