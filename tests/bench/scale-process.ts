import { readCatalog } from '#lib/repository/catalog'
import { newestChain, openChain } from '#lib/repository/chain'
import { encodeIndex } from '#lib/repository/index-file'
import { fullRecipe, incrementalRecipe, type Recipe } from '#lib/repository/recipe'
import type { RetentionBackup } from '#lib/retention/backup'
import { planRetention } from '#lib/retention/plan'
import { retentionPolicy } from '#lib/retention/policy'
import { filesystemStore } from '#lib/store/filesystem'
import type { Told } from './measure.ts'
import { indexOf, takeMillion } from './million.ts'

/** What the process of a name does with a repository; it tells what that took. */
export const jobs = {
  /** Its memory is what was added. */
  async load(repository: string): Promise<Told> {
    const load = await chainOf(repository)
    const before = process.memoryUsage.rss()
    const { seconds } = await timed(load)
    return { seconds, peakBytes: peakBytes() - before }
  },
  full: () => timed(async () => encodeMillion(fullRecipe())),
  async incremental(repository: string): Promise<Told> {
    const load = await chainOf(repository)
    return timed(async () => encodeMillion(incrementalRecipe(await load()), 100))
  },
  /** Of ten sources that were backed up every day, in a zone with summer time. */
  plan() {
    const backups = Array.from({ length: 10_000 }, (_, number) => backupOf(number))
    const policy = retentionPolicy([], 'Europe/Madrid')
    return timed(async () => planRetention(backups, policy, dayOf(1000), { held: new Set() }))
  },
}

/** Chains of a full and five incrementals. */
function backupOf(number: number): RetentionBackup {
  const day = number % 1000
  const step = day % 6
  const facts = {
    scope: '{}',
    kind: 'regular',
    bytes: 1e9,
    rows: 1e6,
    started: dayOf(day).toISOString(),
  } as const
  const marks = { proven: false, failed: false, pinned: false, accepted: false }
  const place = { source: `shop_${Math.floor(number / 1000)}`, id: `${day}`, chain: `${day - step}` }
  const full = { ...facts, ...marks, ...place, type: 'full' } as const
  return step === 0 ? full : { ...full, type: 'incremental', parent: `${day - 1}` }
}

const dayOf = (day: number) => new Date(Date.UTC(2023, 0, 1 + day, 3))

async function chainOf(repository: string) {
  const store = filesystemStore({ root: repository })
  const { backups } = await readCatalog(store)
  const chain = newestChain(backups, {})
  if (!chain) throw new Error(`${repository} has no chain`)
  return () => openChain(store, chain)
}

function encodeMillion(recipe: Recipe, renewed?: number): void {
  takeMillion(recipe, renewed)
  encodeIndex(indexOf(recipe))
}

async function timed(work: () => Promise<unknown>): Promise<Told> {
  const start = performance.now()
  await work()
  return { seconds: (performance.now() - start) / 1000, peakBytes: peakBytes() }
}

const peakBytes = () => process.resourceUsage().maxRSS * 1024

const [, , name, repository] = process.argv
const job = Object.entries(jobs).find(([known]) => known === name)?.[1]
if (job && repository) process.stderr.write(`${JSON.stringify(await job(repository))}\n`)
