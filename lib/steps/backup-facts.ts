import type { Chain } from '../repository/chain.ts'
import { formatVersion, type Manifest } from '../repository/manifest.ts'
import type { Services } from '../services.ts'

/** What a backup will be, whatever its source, decided before it begins. */
export interface BackupWish<Scope> {
  kind: Manifest['kind']
  reason: string
  scope: Scope
  name?: string | undefined
  description?: string | undefined
}

/** One that was begun. */
export interface Begun {
  id: string
  started: Date
  /** What an incremental builds on. */
  chain: Chain | undefined
}

/** What every manifest says, whatever its source; it finishes now. */
export function backupFacts<Scope>(wish: BackupWish<Scope>, begun: Begun, services: Services) {
  const { kind, reason, scope, name, description } = wish
  return {
    kind,
    reason,
    scope,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    format: formatVersion,
    id: begun.id,
    profile: services.profile,
    type: typeOf(begun.chain),
    ...links(begun),
    started: begun.started.toISOString(),
    finished: services.clock.now().toISOString(),
    host: services.host,
    tool: services.tool,
  }
}

/** What a backup is that builds on such a chain, or on none. */
export const typeOf = (chain: Chain | undefined): Manifest['type'] => (chain ? 'incremental' : 'full')

function links({ id, chain }: Begun): { chain: string; parent?: string } {
  if (!chain) return { chain: id }
  const { full, incrementals } = chain
  return { chain: full.id, parent: (incrementals.at(-1) ?? full).id }
}
