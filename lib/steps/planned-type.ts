import { RespaldoError } from '../errors.ts'
import { type Report, warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { type Chain, newestChain, openChain } from '../repository/chain.ts'
import { type AnyScope, type ArchiveFormat, isDatabase } from '../repository/manifest.ts'
import { readStandings } from '../repository/proofs.ts'
import type { ChainChunks } from '../repository/recipe.ts'
import type { Repository } from '../repository/repository.ts'
import { type AskedType, type ChainFacts, chooseType, type TypeChoice } from '../strategy/type.ts'
import type { Base } from './backup.ts'

/** What is to be backed up. */
export interface TypeWish {
  asked: AskedType
  source: string
  scope: AnyScope
  format: ArchiveFormat
  /** Of the server now, where it has one. */
  systemIdentifier?: string | undefined
}

/** What a backup is going to be. */
export interface PlannedType {
  reason: string
  /** Undefined: a full. */
  base: Base | undefined
}

/**
 * Decides between full and incremental, and opens the chain that an incremental builds on; a chain that nobody will build on is not opened.
 * Under the source's lease.
 */
export async function plannedType(
  wish: TypeWish,
  { services, report }: Context,
  repository: Repository,
): Promise<PlannedType> {
  const { backups } = await repository.catalog(wish.source)
  if (backups.some(backup => isDatabase(backup) !== (wish.format !== 'tar'))) throw namesBoth(wish.source)
  const chain = newestChain(backups, wish.scope)
  const now = services.clock.now()
  const choose = (unusable: string | undefined) =>
    chooseType(chain && facts(chain, unusable), wish.asked, services.strategy, now)
  if (chain) warnOfAnotherServer(chain, wish, report)
  const choice = choose(chain && (plainlyUnusable(chain, wish) ?? (await failedMember(chain, repository))))
  if (!chain || choice.type === 'full') return told(choice, undefined, report)
  const opened = await usable(chain, repository, report)
  return 'chunks' in opened
    ? told(choice, { chain, chunks: opened.chunks }, report)
    : told(choose(opened.unusable), undefined, report)
}

function namesBoth(source: string): RespaldoError {
  return new RespaldoError('config-invalid', `${source} names a database and a volume`, {
    hint: 'Give one of them another name: the label respaldo.source, or the name in respaldo.yaml.',
  })
}

function told(choice: TypeChoice, base: Base | undefined, report: Report): PlannedType {
  if (choice.warning) report({ type: 'warning', message: choice.warning })
  return { reason: choice.reason, base }
}

/** The server's identity at the last backup of the chain and now, when it changed. */
function changedServer(
  { full, incrementals }: Chain,
  { systemIdentifier: now }: TypeWish,
): { before: string; now: string } | undefined {
  const last = incrementals.at(-1) ?? full
  const before = isDatabase(last) ? last.source.systemIdentifier : undefined
  return before !== undefined && now !== undefined && before !== now ? { before, now } : undefined
}

function warnOfAnotherServer(chain: Chain, wish: TypeWish, report: Report): void {
  const changed = changedServer(chain, wish)
  if (!changed) return
  report({
    type: 'warning',
    message: `${wish.source} is another server than at the last backup (system identifier ${changed.now}, before ${changed.before})`,
    hint: 'If that is no surprise, nothing needs to be done: this backup is a full one.',
  })
}

/** What forbids to build on a chain and is seen without reading it. */
function plainlyUnusable(chain: Chain, wish: TypeWish): string | undefined {
  if (changedServer(chain, wish)) return 'the server is another one than at the last backup'
  if (wish.format !== chain.full.archive.format)
    return `the chain has the format ${chain.full.archive.format}`
  return chain.missing && `the chain lacks ${chain.missing}`
}

/** What a verification found is built on by nobody, also where the file has its size and so seems to be there. */
async function failedMember(
  { full, incrementals }: Chain,
  { store }: Repository,
): Promise<string | undefined> {
  const members = [full, ...incrementals]
  const standings = await readStandings(store, members)
  const failed = members.find((_, at) => standings[at]?.failed)
  return failed && `${failed.id} failed its verification`
}

/** Damage is found before it is built on, and no reason to fail: a full needs nothing. */
async function usable(
  chain: Chain,
  { store }: Repository,
  report: Report,
): Promise<{ chunks: ChainChunks } | { unusable: string }> {
  try {
    return { chunks: await openChain(store, chain) }
  } catch (error) {
    if (!(error instanceof RespaldoError) || !['data-corrupt', 'version-mismatch'].includes(error.code))
      throw error
    warn(report, error)
    return { unusable: `the chain is damaged: ${error.message}` }
  }
}

function facts({ full, incrementals }: Chain, unusable: string | undefined): ChainFacts {
  return {
    fullStarted: full.started,
    fullBytes: full.sizes.stored,
    incrementals: incrementals.length,
    lastBytes: incrementals.at(-1)?.sizes.stored,
    unusable,
  }
}
