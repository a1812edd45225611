import { createHash } from 'node:crypto'
import { ageDays } from '../clock.ts'
import { type Store, StoreConflict } from '../store/store.ts'
import { readJson, writeJson } from './small-object.ts'

const folder = 'idempotency/'

/** Days for which a key means the run that it was first given for; the next pruning after that ends it. */
const keptDays = 1

interface Claim {
  format: 1
  run: string
  since: string
}

/** What a caller says to make of repeated requests one run. */
export interface Key {
  function: string
  key: string
}

/** A key of a caller may hold anything, so its place is named by its SHA-256. */
const placeOf = ({ function: name, key }: Key): string =>
  `${folder}${createHash('sha256').update(`${name}\n${key}`).digest('hex')}.json`

/** The run that has the key, or undefined. */
export async function claimedRun(store: Store, key: Key): Promise<string | undefined> {
  return ((await readJson(store, placeOf(key))) as Claim | undefined)?.run
}

/**
 * Claims a key for a run whose record is written already, and returns the run that has it: of many runners that try at once exactly one wins.
 * Since records come before claims, the run that a claim names is always there to be found.
 */
export async function claimKey(store: Store, key: Key, run: string, now: Date): Promise<string> {
  const claim: Claim = { format: 1, run, since: now.toISOString() }
  try {
    await writeJson(store, placeOf(key), claim, { overwrite: false })
    return run
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error
    return (await claimedRun(store, key)) ?? run // pruned in this very moment: then nobody has it
  }
}

/** Removes the claims that are older than a day. */
export async function pruneClaims(store: Store, now: Date): Promise<void> {
  for await (const place of store.list(folder)) {
    const claim = (await readJson(store, place)) as Claim | undefined
    if (claim && ageDays(claim.since, now) > keptDays) await store.delete([place])
  }
}
