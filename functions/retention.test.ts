import { beforeEach, describe, expect, test } from 'vitest'
import { collect, once } from '#lib/bytes'
import type { FunctionApp } from '#lib/http/create-function'
import { acquireLease } from '#lib/repository/lease'
import type { Manifest } from '#lib/repository/manifest'
import { announceReading } from '#lib/repository/read-lease'
import { openRepository, type Repository } from '#lib/repository/repository'
import type { Located, Services } from '#lib/services'
import { memoryStore } from '#lib/store/memory'
import { type ManualClock, manualClock } from '../tests/doubles/clock.ts'
import { type FaultyStore, faultyStore } from '../tests/doubles/faults.ts'
import { emptyServices } from '../tests/doubles/services.ts'
import { isWhole, makeBackup } from '../tests/fixtures/backups.ts'
import { functions } from './index.ts'

interface Result {
  keep: { id: string; source: string; reasons: string[]; expired: boolean; retention: string[] }[]
  remove: { id: string; source: string; reasons: string[] }[]
  emptied: { id: string }[]
  spared: { id: string }[]
  leftAlone: { source: string; error: { code: string } }[]
  warnings?: { message: string }[]
}
interface Failure {
  error: { code: string; message: string; hint: string; context: Record<string, unknown> }
}

const holder = { host: 'there', pid: 7, startedAt: 't1', function: 'create' }

let clock: ManualClock
let store: FaultyStore
let repository: Repository
let services: Services
beforeEach(async () => {
  clock = manualClock(new Date('2025-05-01T12:00:00Z'))
  store = faultyStore(memoryStore())
  repository = await openRepository(store, clock, { create: true })
  services = emptyServices({ clock, repository: async () => repository })
})

async function call<T = Failure>(name: string, input: Record<string, unknown> = {}): Promise<T> {
  const { app, method }: FunctionApp = functions[name]!
  const answer =
    method === 'GET'
      ? await app.request(`/?${new URLSearchParams(input as Record<string, string>)}`, {}, services)
      : await app.request('/', { method, body: JSON.stringify(input) }, services)
  return (await answer.json()) as T
}
const ids = (entries: readonly { id: string }[]) => entries.map(({ id }) => id)
const listed = async () => ids((await repository.catalog()).backups)
const trashed = async () => ids((await call<{ trash: { id: string }[] }>('list', { trash: true })).trash)

/** An old chain of two, a newer full. */
async function chains(source = 'pc_db') {
  const full = await makeBackup(repository, { source, started: '2025-03-01T01:00:00Z' })
  const incremental = await makeBackup(repository, {
    source,
    started: '2025-03-02T01:00:00Z',
    type: 'incremental',
  })
  const newest = await makeBackup(repository, { source, started: '2025-04-30T01:00:00Z' })
  return { full, incremental, newest }
}
const lastOne = { noDefaults: true, keepLast: 1 }

describe('apply-retention', () => {
  test('forgets what no rule wants, the newest of a chain first, and deletes it a day later', async () => {
    const { full, incremental, newest } = await chains()
    const result = await call<Result>('apply-retention', lastOne)
    expect(result).toMatchObject({ emptied: [], spared: [], leftAlone: [] })
    expect([ids(result.keep), ids(result.remove)]).toEqual([[newest.id], [incremental.id, full.id]])
    expect([await listed(), await trashed()]).toEqual([[newest.id], [incremental.id, full.id]])

    await clock.advance(23 * 3_600_000)
    expect(await call<Result>('apply-retention', lastOne)).toMatchObject({ remove: [], emptied: [] })
    await clock.advance(3_600_000)
    const later = await call<Result>('apply-retention', lastOne)
    expect(ids(later.emptied)).toEqual([incremental.id, full.id])
    expect(await trashed()).toEqual([])
    expect(await Array.fromAsync(store.list('sources/'))).toHaveLength(5)
    expect(await isWhole(repository, newest)).toBe(true)
  })

  test('as a dry run says the same and changes nothing', async () => {
    const { full, incremental, newest } = await chains()
    const before = await Array.fromAsync(store.list(''))
    const result = await call<Result>('apply-retention', { ...lastOne, dryRun: true, now: true })
    expect([ids(result.keep), ids(result.remove)]).toEqual([[newest.id], [incremental.id, full.id]])
    expect(ids(result.emptied)).toEqual([incremental.id, full.id])
    expect(result.remove.every(({ reasons }) => reasons.length > 0)).toBe(true)
    expect(await Array.fromAsync(store.list(''))).toEqual(before)
  })

  test('marks what is kept only for its chain', async () => {
    const { full, incremental } = await chains()
    await call('pin', { backup: incremental.id })
    const { keep } = await call<Result>('apply-retention', lastOne)
    expect(keep.filter(({ expired }) => expired).map(({ id }) => id)).toEqual([full.id])
    expect(keep.find(({ id }) => id === incremental.id)?.reasons.join()).toContain('pinned')
  })

  test('with now empties the trash of all, also of what just went there', async () => {
    const { newest } = await chains()
    const result = await call<Result>('apply-retention', { ...lastOne, now: true })
    expect(result.emptied).toHaveLength(2)
    expect([await listed(), await trashed()]).toEqual([[newest.id], []])
  })

  test('leaves a source alone that somebody else holds, and does the others', async () => {
    const mine = await chains('mine')
    await chains('theirs')
    await acquireLease(store, clock, {
      source: 'theirs',
      run: 'r1',
      holder,
      isAlive: () => undefined,
      wait: false,
      report: () => {},
    })
    const running = call<Result>('apply-retention', lastOne)
    await clock.advance(10_000)
    const result = await running
    expect(result.leftAlone).toMatchObject([{ source: 'theirs', error: { code: 'repository-locked' } }])
    expect(ids(result.remove)).toEqual([mine.incremental.id, mine.full.id])
    expect((await repository.catalog('theirs')).backups).toHaveLength(3)
    expect(result.warnings).toHaveLength(1)
  })

  test('spares what is being read, its chain with it, until it is not any more', async () => {
    const { full, incremental, newest } = await chains()
    const reading = await announceReading(store, clock, {
      source: 'pc_db',
      backup: incremental.id,
      chain: full.id,
      run: 'r1',
      holder,
    })
    const running = call<Result>('apply-retention', { ...lastOne, now: true })
    await clock.advance(10_000)
    const result = await running
    expect([ids(result.spared), result.emptied]).toEqual([[incremental.id, full.id], []])
    // Its manifest is in the trash by now, and what it builds on too.
    const raw = await Array.fromAsync(repository.contents(incremental).raw())
    expect(Buffer.concat(raw).length).toBe(incremental.sizes.raw)
    await reading[Symbol.asyncDispose]()
    expect(ids((await call<Result>('apply-retention', { ...lastOne, now: true })).emptied)).toEqual([
      incremental.id,
      full.id,
    ])
    expect(await listed()).toEqual([newest.id])
  })

  test('a restore says what it reads, for as long as it runs, and not for a dry run', async () => {
    const { incremental, full } = await chains()
    const readers = async () => {
      const keys = await Array.fromAsync(store.list('leases/pc_db/readers/'))
      return Promise.all(keys.map(async key => JSON.parse((await collect(store.get(key))).toString())))
    }
    const seen: unknown[] = []
    const restores = {
      recover: async () => [],
      plan: async () => ({ refusals: [], steps: [], warnings: [] }),
      run: async () => {
        seen.push(...(await readers()))
        return { database: 'new' }
      },
    }
    const source = { id: 'target', kind: 'postgres', place: { environment: 'docker', database: 'target' } }
    const target = { source, database: { restores } } as unknown as Located
    services = { ...services, locate: async () => target }
    const input = { backup: incremental.id, into: 'new' }
    await call('restore', { ...input, dryRun: true })
    expect(await Array.fromAsync(store.list('leases/'))).toEqual([])
    expect(await call('restore', input)).toMatchObject({ restored: { database: 'new' } })
    expect(seen).toMatchObject([{ backup: incremental.id, chain: full.id, holder: { function: 'restore' } }])
    expect(await readers()).toEqual([])
    await call('apply-retention', lastOne)
    expect(await call('restore', input)).toMatchObject({ error: { code: 'backup-not-found' } })
  })

  test('removes nothing of a source of which a manifest cannot be read', async () => {
    const { full } = await chains()
    await store.put(`sources/pc_db/${full.id}/manifest.json`, once('{}'))
    const result = await call<Result>('apply-retention', { ...lastOne, now: true })
    expect(result).toMatchObject({
      remove: [],
      emptied: [],
      leftAlone: [{ source: 'pc_db', error: { code: 'data-corrupt' } }],
    })
    expect(result.warnings?.[0]?.message).toContain(full.id)
  })

  test('lets safety backups go after their days, but not while a dead run may need them', async () => {
    const old = { started: '2025-04-20T01:00:00Z', kind: 'safety' } as const
    const safety = await makeBackup(repository, old)
    const young = await makeBackup(repository, { ...old, started: '2025-04-29T01:00:00Z' })
    await acquireLease(store, manualClock(), {
      source: 'pc_db',
      run: 'died',
      holder,
      isAlive: () => undefined,
      wait: false,
      report: () => {},
    })
    services = { ...services, isAlive: () => false }
    const spared = await call<Result>('apply-retention', lastOne)
    expect(spared.keep.find(({ id }) => id === safety.id)?.reasons.join()).toContain('a run died')
    expect(await call('remove', { backup: safety.id, confirm: safety.id })).toMatchObject({
      error: { code: 'retention-unsafe', message: expect.stringContaining('a run died') },
    })
    // Only who can look at the database may forget the dead run: neither of both did.
    const lease = await acquireLease(store, clock, {
      source: 'pc_db',
      run: 'r2',
      holder,
      isAlive: () => false,
      wait: false,
      report: () => {},
    })
    expect(lease.deadRuns).toEqual(['died'])
    lease.deadRunsEnded()
    await lease.release()
    const result = await call<Result>('apply-retention', lastOne)
    expect([ids(result.remove), await listed()]).toEqual([[safety.id], [young.id]])
  })

  test('clears what an interrupted run left', async () => {
    const { newest } = await chains()
    await store.put('sources/pc_db/20250501T000000Z-full/index', once('x'))
    await store.put(`trash/pc_db/${newest.id}.json`, once('{}'))
    expect((await call<Result>('apply-retention', { keepLast: 5 })).remove).toEqual([])
    expect(await Array.fromAsync(store.list('sources/pc_db/20250501T000000Z-full/'))).toEqual([])
    expect(await Array.fromAsync(store.list('trash/'))).toEqual([])
  })

  test('refuses what it cannot mean', async () => {
    await chains()
    for (const value of [-1, 1.5, '1.5', 'x', '', true, null])
      expect(await call('apply-retention', { retentionDaily: value }), String(value)).toMatchObject({
        error: { code: 'input-invalid', message: expect.stringContaining('retentionDaily') },
      })
    expect(await call('apply-retention', { noDefaults: true })).toMatchObject({
      error: { code: 'retention-unsafe' },
    })
    expect(await call('apply-retention', { source: 'pc' })).toMatchObject({
      error: { code: 'source-not-found', hint: expect.stringContaining('pc_db') },
    })
    expect(await listed()).toHaveLength(3)
  })
})

describe('remove', () => {
  const remove = (backup: Manifest, more: Record<string, unknown> = {}) =>
    call<Failure & { forgotten: string[] }>('remove', { backup: backup.id, confirm: backup.id, ...more })

  test('forgets one backup once its id was given again', async () => {
    const { incremental, full, newest } = await chains()
    expect(await remove(incremental, { confirm: undefined })).toMatchObject({
      error: { code: 'not-confirmed', context: { confirm: incremental.id } },
    })
    expect(await remove(incremental, { confirm: full.id })).toMatchObject({
      error: { code: 'not-confirmed' },
    })
    expect(await remove(incremental)).toEqual({ source: 'pc_db', forgotten: [incremental.id] })
    expect([await listed(), await trashed()]).toEqual([[newest.id, full.id], [incremental.id]])
  })

  test('names what builds on a backup, and takes it along only when it is told to', async () => {
    const { incremental, full, newest } = await chains()
    expect(await remove(full)).toMatchObject({
      error: { code: 'retention-unsafe', message: expect.stringContaining(incremental.id) },
    })
    expect(await listed()).toHaveLength(3)
    expect(await remove(full, { chain: true })).toMatchObject({ forgotten: [incremental.id, full.id] })
    expect(await listed()).toEqual([newest.id])
  })

  test('refuses what is never removed, and says why', async () => {
    const { incremental, full, newest } = await chains()
    expect(await remove(newest)).toMatchObject({
      error: { code: 'retention-unsafe', message: expect.stringContaining('newest') },
    })
    await call('pin', { backup: incremental.id })
    for (const one of [incremental, full])
      expect(await remove(one, { chain: true })).toMatchObject({
        error: { code: 'retention-unsafe', message: expect.stringContaining('pinned') },
      })
    await call('pin', { backup: incremental.id, off: true })
    expect(await remove(full, { chain: true })).toMatchObject({ forgotten: [incremental.id, full.id] })
  })

  test('needs one thing to remove, and one that is there', async () => {
    await chains()
    for (const input of [{}, { backup: 'x', kept: 'y' }])
      expect(await call('remove', input)).toMatchObject({ error: { code: 'input-invalid' } })
    expect(await call('remove', { backup: 'x' })).toMatchObject({ error: { code: 'backup-not-found' } })
  })
})

describe('undo, pin, accept', () => {
  test('undo brings a backup back with what it builds on', async () => {
    const { incremental, full, newest } = await chains()
    await call('apply-retention', lastOne)
    expect(await call('undo', { backup: incremental.id })).toEqual({
      source: 'pc_db',
      broughtBack: [full.id, incremental.id],
    })
    expect([await listed(), await trashed()]).toEqual([[newest.id, incremental.id, full.id], []])
    expect(await isWhole(repository, incremental)).toBe(true)
    expect(await call('undo', { backup: incremental.id })).toMatchObject({
      error: { code: 'backup-not-found' },
    })
  })

  test('list shows what is pinned and what the rules call a backup', async () => {
    const { full } = await chains()
    await call('pin', { backup: full.id })
    await call('pin', { backup: full.id })
    const { backups } = await call<{ backups: { id: string; pinned: boolean; retention: string[] }[] }>(
      'list',
    )
    expect(backups.filter(({ pinned }) => pinned).map(({ id }) => id)).toEqual([full.id])
    expect(backups[0]!.retention).toContain('daily')
    await call('pin', { backup: full.id, off: true })
    expect(await Array.fromAsync(store.list('pins/'))).toEqual([])
  })

  test('a fall by half keeps the last backup before it, until that one is accepted', async () => {
    const before = await makeBackup(repository, { started: '2025-03-01T01:00:00Z', rows: 1000 })
    const fallen = await makeBackup(repository, { started: '2025-03-02T01:00:00Z', rows: 400 })
    const newest = await makeBackup(repository, { started: '2025-04-30T01:00:00Z', rows: 410 })
    const first = await call<Result>('apply-retention', lastOne)
    expect(ids(first.keep)).toContain(before.id)
    // A mark that was set before its time would hide the next loss.
    expect(await call('accept', { backup: newest.id })).toMatchObject({ error: { code: 'input-invalid' } })
    expect(await call('accept', { backup: before.id })).toMatchObject({
      accepted: true,
      id: before.id,
      fall: 'its rows fell from 1000 to 400',
    })
    const second = await call<Result>('apply-retention', lastOne)
    expect(ids(second.remove)).toContain(before.id)
    expect(await listed()).toEqual([newest.id])
    expect(fallen.id).toBeDefined()
  })

  test('what is not there cannot be marked', async () => {
    await chains()
    for (const name of ['pin', 'accept', 'undo'])
      for (const [input, code] of [
        [{}, 'input-invalid'],
        [{ backup: 'x' }, 'backup-not-found'],
      ] as const)
        expect(await call(name, input), name).toMatchObject({ error: { code } })
    expect(await Array.fromAsync(store.list('pins/'))).toEqual([])
  })
})

/** One call fails, or the process is as good as dead from there on. */
test.each([
  ['once', 1],
  ['for good', 1000],
])(
  'a run whose store fails %s from any call on loses nothing, and the next one finishes',
  async (_, calls) => {
    for (let nth = 1; ; nth++) {
      store = faultyStore(memoryStore())
      repository = await openRepository(store, clock, { create: true })
      services = emptyServices({ clock, repository: async () => repository, isAlive: () => false })
      const { newest } = await chains()
      const error = new Error('unplugged')
      store.arrange(...Array.from({ length: calls }, (_, more) => ({ nth: nth + more, error })))
      const result = await call<Result & Partial<Failure>>('apply-retention', { ...lastOne, now: true })
      store.arrange()
      for (const backup of (await repository.catalog()).backups)
        expect(await isWhole(repository, backup), `${nth}`).toBe(true)
      expect(await call<Result>('apply-retention', { ...lastOne, now: true }), `${nth}`).toMatchObject({
        leftAlone: [],
      })
      const left = await Array.fromAsync(store.list('sources/'))
      expect([await listed(), await trashed(), left.length], `${nth}`).toEqual([[newest.id], [], 5])
      if (!result.error) break
      expect(nth).toBeLessThan(200)
    }
  },
)
