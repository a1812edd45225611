import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { DumpFormat, Scope } from '../postgres/database.ts'
import { type Chain, newestChain, openChain } from '../repository/chain.ts'
import type { ChainChunks } from '../repository/recipe.ts'
import { type AskedType, type ChainFacts, chooseType } from '../strategy/type.ts'
import { type BackupParts, type Base, chosenFormat } from './backup.ts'

/** What a backup is going to be. */
export interface PlannedType {
  reason: string
  /** Undefined: a full. */
  base: Base | undefined
}

/** Decides between full and incremental, and opens the chain that an incremental builds on. Under the source's lease. */
export async function plannedType(
  wish: { asked: AskedType; scope: Scope; format: DumpFormat | undefined },
  { services, report }: Context,
  parts: BackupParts,
): Promise<PlannedType> {
  const { located, repository } = parts
  const { backups } = await repository.catalog(located.source.id)
  const chain = newestChain(backups, wish.scope)
  const opened = chain && wish.asked !== 'full' ? await usable(chain, wish, parts, report) : undefined
  const choice = chooseType(
    chain && facts(chain, opened),
    wish.asked,
    services.strategy,
    services.clock.now(),
  )
  if (choice.warning) report({ type: 'warning', message: choice.warning })
  const base =
    choice.type === 'incremental' && chain && opened && 'chunks' in opened
      ? { chain, chunks: opened.chunks }
      : undefined
  return { reason: choice.reason, base }
}

type Opened = { chunks: ChainChunks } | { unusable: string }

/** What is wrong with a chain is found before it is built on, and no reason to fail: a full needs nothing. */
async function usable(
  chain: Chain,
  { format }: { format: DumpFormat | undefined },
  { located, repository, info }: BackupParts,
  report: Context['report'],
): Promise<Opened> {
  const last = chain.incrementals.at(-1) ?? chain.full
  const before = last.source.systemIdentifier
  if (before !== undefined && info.systemIdentifier !== undefined && before !== info.systemIdentifier) {
    report({
      type: 'warning',
      message: `${located.source.id} is another server than at the last backup (system identifier ${info.systemIdentifier}, before ${before})`,
      hint: 'If that is no surprise, nothing needs to be done: this backup is a full one.',
    })
    return { unusable: 'the server is another one than at the last backup' }
  }
  if (chosenFormat({ format }, located) !== chain.full.archive.format)
    return { unusable: `the chain has the format ${chain.full.archive.format}` }
  if (chain.missing !== undefined) return { unusable: `the chain lacks ${chain.missing}` }
  return openChain(repository.store, chain).then(
    chunks => ({ chunks }),
    error => {
      if (!(error instanceof RespaldoError) || !['data-corrupt', 'version-mismatch'].includes(error.code))
        throw error
      report({ type: 'warning', message: error.message, ...(error.hint ? { hint: error.hint } : {}) })
      return { unusable: `the chain is damaged: ${error.message}` }
    },
  )
}

function facts({ full, incrementals }: Chain, opened: Opened | undefined): ChainFacts {
  return {
    fullStarted: full.started,
    fullBytes: full.sizes.stored,
    incrementals: incrementals.length,
    lastBytes: incrementals.at(-1)?.sizes.stored,
    unusable: opened && 'unusable' in opened ? opened.unusable : undefined,
  }
}
