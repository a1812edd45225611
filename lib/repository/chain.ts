import { RespaldoError } from '../errors.ts'
import type { Scope } from '../postgres/database.ts'
import type { Store } from '../store/store.ts'
import { backupFolder, manifestKey } from './layout.ts'
import { type Manifest, scopeKey } from './manifest.ts'
import { readIndex } from './reader.ts'
import { type ChainChunks, chainChunks } from './recipe.ts'

/** A full and the incrementals that build on it, each on all before it. */
export interface Chain {
  full: Manifest
  /** Oldest first. */
  incrementals: readonly Manifest[]
  /** The id of a backup that one of them builds on and that is not there. */
  missing: string | undefined
}

/** The chain of the newest full of a scope; safety backups are part of none. `backups` are one source's. */
export function newestChain(backups: readonly Manifest[], scope: Scope): Chain | undefined {
  const key = scopeKey(scope)
  const own = backups
    .filter(({ kind, scope }) => kind === 'regular' && scopeKey(scope) === key)
    .sort((a, b) => (a.started < b.started ? -1 : 1))
  const full = own.findLast(({ type }) => type === 'full')
  if (!full) return undefined
  const incrementals = own.filter(({ type, chain }) => type === 'incremental' && chain === full.id)
  const ids = new Set([full.id, ...incrementals.map(({ id }) => id)])
  const missing = incrementals.map(({ parent }) => parent ?? full.id).find(parent => !ids.has(parent))
  return { full, incrementals, missing }
}

/** The chunks of a whole chain; `data-corrupt` when one of its indexes or data files is not what its manifest says. */
export async function openChain(store: Store, { full, incrementals }: Chain): Promise<ChainChunks> {
  const parents = []
  for (const manifest of [full, ...incrementals]) {
    await assertData(store, manifest)
    parents.push({ id: manifest.id, index: await readIndex(store, manifest) })
  }
  return chainChunks(parents)
}

/** Throws unless every backup of the chain still exists: asked once more just before an incremental does. */
export async function assertChainThere(store: Store, { full, incrementals }: Chain): Promise<void> {
  for (const { source, id } of [full, ...incrementals]) {
    if (await store.stat(manifestKey(source.id, id))) continue
    throw new RespaldoError(
      'data-corrupt',
      `${source.id}/${id} was removed while a backup was made that builds on it`,
      {
        hint: 'Run it again: it will be a full.',
      },
    )
  }
}

/** Not read, which would take as long as a backup: `verify` does that. */
async function assertData(store: Store, { source, id, objects: { data } }: Manifest): Promise<void> {
  const key = backupFolder(source.id, id) + data.name
  const found = await store.stat(key)
  if (found?.size === data.bytes) return
  throw new RespaldoError(
    'data-corrupt',
    found ? `${key} has ${found.size} bytes instead of ${data.bytes}` : `${key} is missing`,
    {
      hint: 'Put the file back from a copy of the repository, or restore another backup.',
    },
  )
}
