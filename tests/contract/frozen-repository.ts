import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { collect } from '#lib/bytes'
import { systemClock } from '#lib/clock'
import { unzstd } from '#lib/postgres/zstd-frames'
import type { Manifest } from '#lib/repository/manifest'
import { openRepository, type Repository } from '#lib/repository/repository'
import { filesystemStore } from '#lib/store/filesystem'

/** What `facts.json` says of one backup. */
export interface BackupFacts {
  id: string
  data: string
  rawBytes: number
  rawSha256: string
  average: number
  frames: number
  chunks: number
  indexSha256: string
  tables: { schema: string; name: string; rows: number; bytes: number }[]
  globalsSha256: string
}

export const vectors = new URL('../vectors/repositories/', import.meta.url)
export const facts: { repository: string; source: string; backups: [BackupFacts, BackupFacts] } = JSON.parse(
  readFileSync(new URL('facts.json', vectors), 'utf8'),
)
export const [first, second] = facts.backups
export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

/** The folder of a backup, as a key. */
export const folderOf = (backup: BackupFacts) => `sources/${facts.source}/${backup.id}`

/** A copy of the frozen repository for one test. */
export async function copyIntact(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'respaldo-frozen-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await cp(new URL('intact/', vectors), root, { recursive: true })
  return root
}

export const openAt = (root: string) =>
  openRepository(filesystemStore({ root }), systemClock, { create: false })

/** What can be read of a backup, each beside what it has to be. */
export const readings = {
  raw: async (one: Repository, backup: Manifest) => sha256(await collect(one.contents(backup).raw())),
  zstd: async (one: Repository, backup: Manifest) =>
    sha256(await collect(unzstd(one.contents(backup).zstd()))),
  tables: async (one: Repository, backup: Manifest) => one.contents(backup).tables(),
  globals: async (one: Repository, backup: Manifest) =>
    sha256((await one.contents(backup).globals()) ?? 'none'),
}
/** Their names, in order. */
export const readingNames = Object.keys(readings) as (keyof typeof readings)[]

/** What a reading gives when all is well. */
export function wanted(fact: BackupFacts) {
  return {
    raw: fact.rawSha256,
    zstd: fact.rawSha256,
    tables: fact.tables,
    globals: fact.globalsSha256,
  }
}

/** Reads everything of a backup and compares it. */
export async function readWhole(one: Repository, fact: BackupFacts): Promise<void> {
  const backup = await one.find(fact.id)
  for (const name of readingNames) expect(await readings[name](one, backup), name).toEqual(wanted(fact)[name])
}
