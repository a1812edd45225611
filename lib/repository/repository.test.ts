import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { collect, once } from '../bytes.ts'
import { systemClock } from '../clock.ts'
import { unzstd } from '../postgres/zstd-frames.ts'
import { memoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { formatVersion, type Manifest } from './manifest.ts'
import { openRepository, type Repository } from './repository.ts'

const dump = Buffer.from(randomBytes(700_000).toString('base64'))
const tables = [{ schema: 'public', name: 'usuarios', rows: 3, bytes: 30 }]

async function opened(): Promise<{ store: Store; repository: Repository }> {
  const store = memoryStore()
  return { store, repository: await openRepository(store, systemClock, { create: true }) }
}

interface Facts {
  source?: string
  name?: string
  started?: string
  tables?: readonly string[]
}

async function backUp(
  repository: Repository,
  { source = 'pc_db', name, started = '2025-04-08T16:00:00.000Z', tables: only }: Facts = {},
): Promise<Manifest> {
  const id = await repository.newId(source, { started: new Date(started), type: 'full', name })
  const draft = repository.begin(source, id)
  const written = await draft.data(once(dump), { format: 'custom', sourceBytes: dump.length })
  const rest = {
    format: formatVersion,
    id,
    ...(name ? { name } : {}),
    kind: 'regular' as const,
    profile: 'development',
    source: {
      id: source,
      kind: 'postgres' as const,
      place: { environment: 'docker' as const, container: source, database: source },
    },
    scope: only ? { tables: only } : {},
    type: 'full' as const,
    reason: 'a test',
    chain: id,
    started,
    finished: started,
    server: '17.2',
    client: '17.2',
    archive: { format: 'custom' as const, version: '1.16' },
    totals: { tables: 1, rows: 3 },
    globals: 'without role passwords',
    host: 'here',
    tool: 'respaldo test',
  }
  return draft.commit(written, rest, { tables, globals: 'CREATE ROLE x;\n' }, async () => {})
}

describe('repository', () => {
  test('gives back what was stored: dump, tables, globals', async () => {
    const { repository, store } = await opened()
    const manifest = await backUp(repository)
    const contents = repository.contents(await repository.find('latest'))
    expect((await collect(contents.raw())).equals(dump)).toBe(true)
    expect((await collect(unzstd(contents.zstd()))).equals(dump)).toBe(true)
    expect(await contents.tables()).toEqual(tables)
    expect(await contents.globals()).toBe('CREATE ROLE x;\n')
    const stored = await store.stat(`sources/pc_db/${manifest.id}/manifest.json`)
    expect(stored!.size).toBeLessThan(2048)
    expect(manifest.sizes).toMatchObject({ raw: dump.length })
  })

  test('two backups in one second have different ids; a shared name lists the candidates', async () => {
    const { repository } = await opened()
    const first = await backUp(repository, { name: 'same' })
    const second = await backUp(repository, { name: 'same' })
    expect([first.id, second.id]).toEqual(['20250408T160000Z-full-same', '20250408T160000Z-full-same-2'])
    await expect(repository.find('same')).rejects.toMatchObject({
      code: 'input-invalid',
      hint: expect.stringContaining(second.id),
    })
    expect((await repository.find(first.id)).id).toBe(first.id)
    expect((await repository.find(`pc_db/${second.id}`)).id).toBe(second.id)
  })

  test('latest is the newest whole backup of the only source, and never a part', async () => {
    const { repository } = await opened()
    await expect(repository.find('latest')).rejects.toMatchObject({ code: 'backup-not-found' })
    const whole = await backUp(repository, { started: '2025-01-01T00:00:00.000Z' })
    await backUp(repository, { started: '2025-01-02T00:00:00.000Z', tables: ['usuarios'] })
    expect((await repository.find(undefined)).id).toBe(whole.id)
    await backUp(repository, { source: 'other' })
    await expect(repository.find('latest')).rejects.toMatchObject({
      code: 'input-invalid',
      hint: expect.stringContaining('other, pc_db'),
    })
    expect((await repository.find('latest', 'pc_db')).id).toBe(whole.id)
  })

  test('files without a manifest are no backup, and are cleared', async () => {
    const { repository, store } = await opened()
    const whole = await backUp(repository)
    await repository
      .begin('pc_db', '20250409T160000Z-full')
      .data(once(dump), { format: 'custom', sourceBytes: 1 })
    expect((await repository.catalog()).backups.map(backup => backup.id)).toEqual([whole.id])
    expect(await repository.clearUnfinished('pc_db')).toBe(1)
    expect(await Array.fromAsync(store.list('sources/pc_db/20250409T160000Z-full/'))).toEqual([])
    expect((await collect(repository.contents(whole).raw())).length).toBe(dump.length)
  })

  test('no commit without the lease: what the last look throws is thrown, and nothing is listed', async () => {
    const { repository } = await opened()
    const manifest = await backUp(repository)
    const draft = repository.begin('pc_db', 'late')
    const written = await draft.data(once(dump), { format: 'custom', sourceBytes: 1 })
    const refused = draft.commit(written, { ...manifest, id: 'late' }, { tables, globals: undefined }, () =>
      Promise.reject(new Error('lost')),
    )
    await expect(refused).rejects.toThrow('lost')
    expect((await repository.catalog()).backups).toHaveLength(1)
  })

  test('a damaged manifest hides no other backup; its own use names the damage', async () => {
    const { repository, store } = await opened()
    const whole = await backUp(repository)
    const broken = await backUp(repository)
    const key = `sources/pc_db/${broken.id}/manifest.json`
    const bytes = await collect(store.get(key))
    await store.put(key, once(bytes.toString().replace('"rows": 3', '"rows": 4')))
    const { backups, damaged } = await repository.catalog()
    expect([backups.map(backup => backup.id), damaged.map(one => one.id)]).toEqual([[whole.id], [broken.id]])
    await expect(repository.find(broken.id)).rejects.toMatchObject({ code: 'data-corrupt' })
    await store.put(key, once(bytes.toString().replace('"format": 1', '"format": 2')))
    await expect(repository.find(broken.id)).rejects.toMatchObject({ code: 'version-mismatch' })
  })

  test('missing and damaged files are data-corrupt when they are read', async () => {
    const { repository, store } = await opened()
    const manifest = await backUp(repository)
    const folder = `sources/pc_db/${manifest.id}/`
    for (const name of ['database.dump.zst', 'index', 'tables.json.zst']) {
      const bytes = await collect(store.get(folder + name))
      const read = async () => {
        const contents = repository.contents(manifest)
        await contents.tables()
        await collect(contents.raw())
      }
      await store.delete([folder + name])
      await expect(read()).rejects.toMatchObject({ code: 'data-corrupt' })
      const flipped = Buffer.from(bytes)
      flipped[bytes.length >> 1]! ^= 1
      await store.put(folder + name, once(flipped))
      await expect(read()).rejects.toMatchObject({ code: 'data-corrupt' })
      await store.put(folder + name, once(bytes))
      await read()
    }
  })

  test('a foreign folder is refused, an absent one is repository-not-found until it may be made', async () => {
    const foreign = memoryStore()
    await foreign.put('holiday.jpg', once('x'))
    for (const create of [true, false])
      await expect(openRepository(foreign, systemClock, { create })).rejects.toMatchObject({
        code: 'input-invalid',
      })
    await expect(openRepository(memoryStore(), systemClock, { create: false })).rejects.toMatchObject({
      code: 'repository-not-found',
    })
    const newer = memoryStore()
    await newer.put('respaldo.json', once('{"format":2,"id":"x"}'))
    await expect(openRepository(newer, systemClock, { create: true })).rejects.toMatchObject({
      code: 'version-mismatch',
    })
  })

  test('names that cannot be path segments are input-invalid', async () => {
    const { repository } = await opened()
    for (const name of ['../up', 'a/b', 'line\nbreak', 'x'.repeat(300), '', '.hidden', 'con'])
      await expect(
        repository.newId('pc_db', { started: new Date(0), type: 'full', name }),
      ).rejects.toMatchObject({ code: 'input-invalid' })
  })

  test('a file that is far too long to be a manifest or a marker is damage, and hides no other backup', async () => {
    const { store, repository } = await opened()
    const { id } = await backUp(repository)
    const other = await backUp(repository, { started: '2025-04-09T16:00:00.000Z' })
    await store.put(`sources/pc_db/${id}/manifest.json`, once(Buffer.alloc(1024 * 1024 + 1)))
    const { backups, damaged } = await repository.catalog()
    expect(backups.map(backup => backup.id)).toEqual([other.id])
    expect(damaged).toMatchObject([{ id, error: { code: 'data-corrupt' } }])
    await store.put('respaldo.json', once(Buffer.alloc(70_000)))
    await expect(openRepository(store, systemClock, { create: true })).rejects.toMatchObject({
      code: 'data-corrupt',
    })
  })
})
