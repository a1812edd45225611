import { RespaldoError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { backupFolder, manifestKey } from './layout.ts'
import { type AnyScope, type Manifest, scopeKey } from './manifest.ts'
import { newestFirst } from './order.ts'
import { readIndex } from './reader.ts'
import { type ChainChunks, chainChunks } from './recipe.ts'

/** A full and incrementals of which each builds on all before it. */
export interface Chain {
  full: Manifest
  /** The one that builds on the full first. */
  incrementals: readonly Manifest[]
  /** The id of the backup that the first of them builds on, when it is not there. */
  missing: string | undefined
}

/**
 * The chain of the newest full of a scope, from there along the links to the newest backup that nothing builds on; safety backups are part of
 * none. Links and not times make the order: clocks of several hosts differ, and what builds on what must not depend on them. `backups` are one
 * source's.
 */
export function newestChain(backups: readonly Manifest[], scope: AnyScope): Chain | undefined {
  const key = scopeKey(scope)
  const own = backups
    .filter(({ kind, scope }) => kind === 'regular' && scopeKey(scope) === key)
    .toSorted(newestFirst)
  const full = own.find(({ type }) => type === 'full')
  if (!full) return undefined
  const members = own.filter(({ type, chain }) => type === 'incremental' && chain === full.id)
  const incrementals = pathIn(members)
  const parent = incrementals[0] ? parentOf(incrementals[0]) : full.id
  return { full, incrementals, missing: parent === full.id ? undefined : parent }
}

/** To the first of the members that nothing builds on, as far back as its links lead. */
function pathIn(members: readonly Manifest[]): Manifest[] {
  const path: Manifest[] = []
  let next = members.find(({ id }) => !members.some(other => parentOf(other) === id))
  while (next && !path.includes(next)) {
    path.unshift(next)
    const parent = parentOf(next)
    next = members.find(({ id }) => id === parent)
  }
  return path
}

/** Which of a source's backups build on one, directly or not; none before what builds on it. */
export function builtOn({ id }: Pick<Manifest, 'id'>, backups: readonly Manifest[]): Manifest[] {
  const children = backups.filter(other => other.type === 'incremental' && parentOf(other) === id)
  const others = backups.filter(other => !children.includes(other))
  return children.flatMap(child => [...builtOn(child, others), child])
}

const parentOf = ({ parent, chain }: Manifest): string => parent ?? chain

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

/** `data-corrupt` unless the data file is there and as long as its manifest says. It is not read, which would take as long as a backup. */
export async function assertData(store: Store, { source, id, objects: { data } }: Manifest): Promise<void> {
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
