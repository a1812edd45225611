import { describe, expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { faultyStore } from '../../tests/doubles/faults.ts'
import { isWhole, makeBackup } from '../../tests/fixtures/backups.ts'
import { collect, once } from '../bytes.ts'
import { memoryStore } from '../store/memory.ts'
import { builtOn, newestChain } from './chain.ts'
import type { Manifest } from './manifest.ts'
import { readIndex } from './reader.ts'
import { openRepository } from './repository.ts'
import { bringBack, destroy, findForgotten, forget, isDue, readTrash } from './trash.ts'

const why = { time: new Date('2025-05-01T00:00:00Z'), reason: 'no rule wants it' }
const placeOf = ({ source, id }: Manifest) => ({ source: source.id, id })

type World = Awaited<ReturnType<typeof world>>

/** A chain of three, an older full, and another source. */
async function world() {
  const store = faultyStore(memoryStore())
  const repository = await openRepository(store, manualClock(), { create: true })
  const old = await makeBackup(repository, { started: '2025-04-01T00:00:00Z' })
  const full = await makeBackup(repository, { started: '2025-04-08T00:00:00Z' })
  const first = await makeBackup(repository, { started: '2025-04-09T00:00:00Z', type: 'incremental' })
  const second = await makeBackup(repository, { started: '2025-04-10T00:00:00Z', type: 'incremental' })
  const other = await makeBackup(repository, { started: '2025-04-08T00:00:00Z', source: 'other' })
  const ids = async () => (await repository.catalog('pc_db')).backups.map(({ id }) => id)
  const trashed = async () => (await readTrash(store, 'pc_db')).forgotten.map(({ manifest }) => manifest.id)
  const forgetChain = async () => {
    for (const one of [second, first, full]) await forget(store, placeOf(one), why)
  }
  const keys = () => Array.fromAsync(store.list(''))
  return { store, repository, old, full, first, second, other, ids, trashed, forgetChain, keys }
}

describe('a forgotten backup', () => {
  test('is listed in the trash instead of the catalog, and its files stay', async () => {
    const { store, repository, first, second, full, old, ids, trashed } = await world()
    const before = await collect(store.get(`sources/pc_db/${second.id}/manifest.json`))
    await forget(store, placeOf(second), why)
    expect(await ids()).toEqual([first.id, full.id, old.id])
    expect(await trashed()).toEqual([second.id])
    expect((await readTrash(store)).forgotten).toEqual([
      { manifest: second, bytes: before, forgotten: '2025-05-01T00:00:00.000Z', reason: 'no rule wants it' },
    ])
    expect(await repository.clearUnfinished('pc_db')).toBe(0)
    expect(await store.stat(`sources/pc_db/${second.id}/index`)).toBeDefined()
    const next = await repository.newId('pc_db', { started: new Date(second.started), type: 'incremental' })
    expect(next).toBe(`${second.id}-2`)
  })

  test('comes back to the byte, before it what it builds on', async () => {
    const { store, repository, full, first, second, ids, forgetChain, trashed, keys } = await world()
    const before = await keys()
    await forgetChain()
    const back = await bringBack(store, placeOf(first))
    expect(back.map(({ id }) => id)).toEqual([full.id, first.id])
    expect(await trashed()).toEqual([second.id])
    await bringBack(store, placeOf(second))
    expect(await keys()).toEqual(before)
    for (const one of [full, first, second]) expect(await isWhole(repository, one)).toBe(true)
    expect(await ids()).toHaveLength(4)
  })

  test('does not come back when something that it needs is gone or damaged, and nothing else does', async () => {
    const { store, full, first, second, forgetChain, trashed, ids, old } = await world()
    await forgetChain()
    await store.delete([`trash/pc_db/${full.id}.json`])
    await expect(bringBack(store, placeOf(second))).rejects.toMatchObject({
      code: 'data-corrupt',
      context: { missing: `pc_db/${full.id}` },
    })
    await store.put(`sources/pc_db/${second.id}/database.dump.zst`, once('x'))
    await expect(bringBack(store, placeOf(second))).rejects.toMatchObject({ code: 'data-corrupt' })
    expect([await trashed(), await ids()]).toEqual([[second.id, first.id], [old.id]])
  })

  test('is found by id, by source and id, and by name; what is not there says where to look', async () => {
    const { store, repository, second } = await world()
    const named = await makeBackup(repository, { started: '2025-04-11T00:00:00Z', name: 'friday' })
    for (const one of [second, named]) await forget(store, placeOf(one), why)
    const trash = await readTrash(store)
    for (const reference of [named.id, `pc_db/${named.id}`, 'friday'])
      expect(findForgotten(trash, reference).manifest).toEqual(named)
    expect(() => findForgotten(trash, 'saturday')).toThrow(/There is no backup saturday in the trash/)
  })

  test('is due after 24 hours', async () => {
    const { store, second } = await world()
    await forget(store, placeOf(second), why)
    const [one] = (await readTrash(store)).forgotten
    const at = (time: string) => isDue(one!, new Date(time))
    expect([at('2025-05-01T23:59:59Z'), at('2025-05-02T00:00:00Z'), at('2025-04-01T00:00:00Z')]).toEqual([
      false,
      true,
      false,
    ])
  })

  test('whose document is damaged hides no other one, and cannot be brought back', async () => {
    const { store, first, second } = await world()
    for (const one of [second, first]) await forget(store, placeOf(one), why)
    const key = `trash/pc_db/${second.id}.json`
    const text = (await collect(store.get(key))).toString()
    for (const bad of ['', 'null', '{"format":1}', text.replace('rows', 'rowz'), 'x'.repeat(5_000_000)]) {
      await store.put(key, once(bad))
      const { forgotten, damaged } = await readTrash(store)
      expect(forgotten.map(({ manifest }) => manifest.id)).toEqual([first.id])
      expect(damaged).toMatchObject([{ source: 'pc_db', id: second.id, error: { code: 'data-corrupt' } }])
      expect(() => findForgotten({ forgotten, damaged }, second.id)).toThrow(key)
      await expect(bringBack(store, placeOf(second))).rejects.toMatchObject({ code: 'data-corrupt' })
    }
    await store.put(key, once(text.replace('"format": 1', '"format": 2')))
    await expect(bringBack(store, placeOf(second))).rejects.toMatchObject({ code: 'version-mismatch' })
  })

  test('that is emptied leaves nothing behind, and nothing else is touched', async () => {
    const { store, repository, old, full, other, forgetChain, keys } = await world()
    await forgetChain()
    await store.put(`accepted/pc_db/${full.id}.json`, once('{}'))
    for (const one of (await readTrash(store)).forgotten) await destroy(store, one)
    const left = (await keys()).filter(key => key.includes('pc_db'))
    expect(left.every(key => key.startsWith(`sources/pc_db/${old.id}/`))).toBe(true)
    for (const one of [old, other]) expect(await isWhole(repository, one)).toBe(true)
  })
})

describe('a chain', () => {
  test('goes by its links, also when a clock was behind', async () => {
    const store = memoryStore()
    const repository = await openRepository(store, manualClock(), { create: true })
    const made: Manifest[] = []
    for (const [time, type] of [
      ['10:00', 'full'],
      ['10:30', 'incremental'],
      ['09:45', 'incremental'],
      ['11:00', 'incremental'],
    ] as const)
      made.push(await makeBackup(repository, { started: `2025-04-08T${time}:00Z`, type }))
    expect(made.map(({ parent }) => parent)).toEqual([undefined, ...made.slice(0, 3).map(({ id }) => id)])
    const { backups } = await repository.catalog()
    const ids = made.map(({ id }) => id)
    expect((await readIndex(store, made[3]!)).parents).toEqual(ids.slice(0, 3))
    for (const [at, one] of made.entries())
      expect(builtOn(one, backups).map(({ id }) => id)).toEqual(ids.slice(at + 1).reverse())
    for (const one of made.toReversed()) await forget(store, placeOf(one), why)
    expect((await bringBack(store, placeOf(made[3]!))).map(({ id }) => id)).toEqual(ids)
  })

  test('that went on without a forgotten one does not take it up again, and lacks nothing without it', async () => {
    const { store, repository, full, first, second } = await world()
    await forget(store, placeOf(second), why)
    const third = await makeBackup(repository, { started: '2025-04-11T00:00:00Z', type: 'incremental' })
    await bringBack(store, placeOf(second))
    const fourth = await makeBackup(repository, { started: '2025-04-12T00:00:00Z', type: 'incremental' })
    expect((await readIndex(store, fourth)).parents).toEqual([full.id, first.id, third.id])
    expect(builtOn(second, (await repository.catalog()).backups)).toEqual([])
    await forget(store, placeOf(second), why)
    expect(await isWhole(repository, fourth)).toBe(true)
  })

  test('is not built on when a link of it leads nowhere', async () => {
    const { store, repository, full, first } = await world()
    await store.delete([`sources/pc_db/${first.id}/manifest.json`])
    const chain = newestChain((await repository.catalog('pc_db')).backups, {})
    expect(chain).toMatchObject({ full: { id: full.id }, missing: first.id })
  })
})

/** Every backup that is listed reads, whatever became of the others. */
async function allWhole({ repository, store }: World): Promise<void> {
  const { backups, damaged } = await repository.catalog()
  expect(damaged).toEqual([])
  for (const backup of backups) expect(await isWhole(repository, backup), backup.id).toBe(true)
  const { forgotten, damaged: broken } = await readTrash(store)
  expect(broken).toEqual([])
  const listed = new Set(backups.map(({ id, source }) => `${source.id}/${id}`))
  for (const { manifest } of forgotten) expect(listed).not.toContain(`${manifest.source.id}/${manifest.id}`)
}

/** Does the work on a store that fails its nth call, for every n, until it fails none. */
async function failingEverywhere(
  prepare: (the: World) => Promise<void>,
  work: (the: World) => Promise<void>,
  done: (the: World) => Promise<void>,
): Promise<void> {
  for (const when of ['before', 'after'] as const) {
    for (let nth = 1; ; nth++) {
      const the = await world()
      await prepare(the)
      the.store.arrange({ nth, when, error: new Error('unplugged') })
      const failed = await work(the).then(
        () => false,
        () => true,
      )
      the.store.arrange()
      await allWhole(the)
      await the.repository.clearUnfinished('pc_db')
      await allWhole(the)
      await work(the)
      await done(the)
      if (!failed) break
      expect(nth).toBeLessThan(200)
    }
  }
}

describe('a store that fails at any call', () => {
  const empty = async ({ store }: World) => {
    for (const one of (await readTrash(store, 'pc_db')).forgotten) await destroy(store, one)
  }
  const rest = async (the: World) => {
    await the.repository.clearUnfinished('pc_db')
    await allWhole(the)
    const { backups } = await the.repository.catalog()
    const ids = [...backups, ...(await readTrash(the.store)).forgotten.map(({ manifest }) => manifest)]
    const folders = new Set(ids.map(({ id, source }) => `sources/${source.id}/${id}/`))
    for (const key of await the.keys())
      if (key.startsWith('sources/')) expect(folders).toContain(key.slice(0, key.lastIndexOf('/') + 1))
  }

  test('while a chain is forgotten', async () => {
    const work = async ({ store, repository, second, first, full }: World) => {
      const there = new Set((await repository.catalog('pc_db')).backups.map(({ id }) => id))
      for (const one of [second, first, full]) if (there.has(one.id)) await forget(store, placeOf(one), why)
    }
    await failingEverywhere(
      async () => {},
      work,
      async the => {
        await rest(the)
        expect(await the.ids()).toEqual([the.old.id])
        expect(await the.trashed()).toEqual([the.second.id, the.first.id, the.full.id])
      },
    )
  })

  test('while a chain is brought back', async () => {
    const work = async ({ store, second }: World) => {
      await bringBack(store, placeOf(second))
    }
    await failingEverywhere(
      ({ forgetChain }) => forgetChain(),
      work,
      async the => {
        await rest(the)
        expect(await the.ids()).toEqual([the.second.id, the.first.id, the.full.id, the.old.id])
        expect(await the.trashed()).toEqual([])
      },
    )
  })

  test('while the trash is emptied', async () => {
    const work = async ({ store }: World) => {
      for (const one of (await readTrash(store, 'pc_db')).forgotten) await destroy(store, one)
    }
    await failingEverywhere(
      ({ forgetChain }) => forgetChain(),
      work,
      async the => {
        await rest(the)
        expect(await the.ids()).toEqual([the.old.id])
        expect((await the.keys()).filter(key => key.includes(the.second.id))).toEqual([])
      },
    )
  })

  test('while the trash is emptied: what is still in it comes back whole', async () => {
    for (let nth = 1; ; nth++) {
      const the = await world()
      await the.forgetChain()
      the.store.arrange({ nth, error: new Error('unplugged') })
      const failed = await empty(the).then(
        () => false,
        () => true,
      )
      the.store.arrange()
      for (const id of (await the.trashed()).reverse()) await bringBack(the.store, { source: 'pc_db', id })
      await allWhole(the)
      if (!failed) break
    }
  })
})
