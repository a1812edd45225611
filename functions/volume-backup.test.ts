import { beforeEach, describe, expect, test } from 'vitest'
import { collect } from '#lib/bytes'
import type { VolumeManifest } from '#lib/repository/manifest'
import { stillWorkloads } from '../tests/doubles/still-workloads.ts'
import { type VolumeStage, volumeStage } from '../tests/doubles/volume-stage.ts'
import { makeBackup } from '../tests/fixtures/backups.ts'

let stage: VolumeStage
beforeEach(async () => {
  stage = await volumeStage()
})

type Created = { volumes: { volume: string; backup: VolumeManifest; verified?: object }[] }
const create = (input: object) => stage.call<Created>('volume-backup', input)
const created = async (input: object): Promise<VolumeManifest> => {
  const { result, error } = await create(input)
  expect(error).toBeUndefined()
  return result.volumes[0]!.backup
}
const rawOf = async (manifest: VolumeManifest) => collect(stage.repository.contents(manifest).raw())
const tarOf = () => collect(stage.still.all.volume({ environment: 'docker', volume: 'app' }).read())

test('the tar is stored as it is, and described', async () => {
  const full = await created({ volumes: ['app'], name: 'first', description: 'a note' })
  expect(full).toMatchObject({
    source: { id: 'volume.app', kind: 'volume', place: { volume: 'app' }, recipe: { driver: 'local' } },
    name: 'first',
    description: 'a note',
    type: 'full',
    archive: { format: 'tar' },
    totals: { entries: 2004 },
    objects: { data: { name: 'volume.tar.zst' } },
  })
  expect(full.sizes.source).toBe(full.totals.bytes)
  expect((await rawOf(full)).equals(await tarOf())).toBe(true)
  expect(await stage.repository.contents(full).tables()).toMatchObject([
    { name: '.', rows: 1, bytes: 0 },
    { name: 'etc', rows: 2001 },
    { name: 'logs', rows: 2, bytes: 12 },
  ])
})

test('an incremental of an unchanged volume costs kilobytes, and one file its own bytes', async () => {
  const full = await created({ volumes: ['app'] })
  const same = await created({ volumes: ['app'] })
  expect([same.type, same.chain, same.sizes.stored]).toEqual(['incremental', full.id, 0])
  expect(same.sizes.new).toBeLessThan(2000)
  stage.still.put('app', 'etc/file-77', 'another content\n')
  const changed = await created({ volumes: ['app'] })
  expect(changed.sizes.new).toBeLessThan(full.sizes.new / 4)
  expect((await rawOf(changed)).equals(await tarOf())).toBe(true)
  expect(await stage.call('verify', { all: true, level: 'readable' })).toMatchObject({ warnings: [] })
})

test('patterns leave entries out, and make a scope with a chain of its own', async () => {
  await created({ volumes: ['app'] })
  const exclude = ['logs/*', 'file-1*']
  const part = await created({ volumes: ['app'], exclude })
  expect(part).toMatchObject({ type: 'full', scope: { exclude }, totals: { entries: 3 + 2000 - 1111 } })
  expect(await created({ volumes: ['app'], exclude })).toMatchObject({ type: 'incremental', chain: part.id })
})

test('all volumes of a container or a project are backed up, each as a source of its own', async () => {
  stage.still.put('shop_data', 'a', 'a')
  stage.still.put('shop_uploads', 'b', 'b')
  const user = { name: 'web', state: 'running' as const, readOnly: false, path: '/x', database: undefined }
  for (const name of ['app', 'cache']) stage.still.use(name, [user])
  const names = async (input: object) => (await create(input)).result.volumes.map(({ volume }) => volume)
  expect(await names({ project: 'shop' })).toEqual(['volume.shop_data', 'volume.shop_uploads'])
  expect(await names({ container: 'web' })).toEqual(['volume.app', 'volume.cache'])
  expect((await stage.repository.catalog()).backups).toHaveLength(4)
})

describe('a tar that is not whole', () => {
  test('is read again', async () => {
    await created({ volumes: ['app'] })
    const lines = Array.from({ length: 30_000 }, (_, n) => `${(n * 7919) % 100_003}`)
    stage.still.put('app', 'etc/file-5', lines.join('\n')) // far before the end: whole chunks pass each time
    stage.still.cut('app', 2)
    const { warnings, result } = await create({ volumes: ['app'], verify: 'readable' })
    expect(warnings.map(({ message }) => message.replace(/:.*/, ''))).toEqual(
      Array(2).fill('volume.app is read again, as a file became shorter meanwhile'),
    )
    expect(result.volumes[0]!.backup.type).toBe('incremental')
    expect((await rawOf(result.volumes[0]!.backup)).equals(await tarOf())).toBe(true)
  })

  test('three times fails, leaves nothing, and does not keep other volumes from being backed up', async () => {
    stage.still.cut('app', 3)
    const { error } = await create({ volumes: ['app', 'cache'] })
    expect(error).toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(
        /^1 of 2 volumes could not be backed up: volume.app \(volume.app was read 3 times and never whole/,
      ),
      hint: expect.stringContaining('These were: volume.cache.'),
      context: {
        volumes: [{ volume: 'volume.cache' }, { volume: 'volume.app', error: { code: 'data-corrupt' } }],
      },
    })
    const keys = await Array.fromAsync(stage.repository.store.list('sources/'))
    expect(keys.filter(key => key.includes('volume.app'))).toEqual([])
  })
})

test('a database that writes to the volume is named, and what no tar holds is said once', async () => {
  const server = {
    name: 'pg',
    state: 'running' as const,
    readOnly: false,
    path: '/d',
    database: 'image postgres:17',
  }
  stage.still.use('app', [
    server,
    { ...server, name: 'reader', readOnly: true },
    { ...server, name: 'old', state: 'stopped' },
  ])
  const first = await create({ volumes: ['app', 'cache'] })
  expect(first.warnings.map(({ message }) => message)).toEqual([
    'What backups of volumes do not hold here: times below a second',
    expect.stringMatching(
      /^volume.app is in use by the database server pg \(image postgres:17\), which runs/,
    ),
  ])
  expect((await create({ volumes: ['cache'] })).warnings).toEqual([])
})

test('what changes while it is read is told', async () => {
  const later = new Date(stage.clock.now().getTime() + 5000)
  stage.still.put('app', 'logs/now.log', { content: Buffer.from('x'), mtime: later })
  const { read } = stage.still.all.volume({ environment: 'docker', volume: 'app' })
  const { volume } = stage.still.all
  Object.assign(stage.still.all, {
    volume: (...place: Parameters<typeof volume>) => ({
      ...volume(...place),
      async *read() {
        await stage.clock.advance(10_000)
        yield* read()
      },
    }),
  })
  const { warnings } = await create({ volumes: ['app'] })
  expect(warnings.map(({ message }) => message)).toContain(
    'volume.app changed while it was read: logs/now.log',
  )
})

test('a volume does not share the name of a database', async () => {
  await makeBackup(stage.repository, { source: 'volume.app', started: '2026-03-01T01:00:00Z' })
  expect((await create({ volumes: ['app'] })).error).toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining('volume.app names a database and a volume'),
  })
})

test('who uses a volume rests until it has been read', async () => {
  const workloads = stillWorkloads([
    { name: 'web', uses: 'app', dependsOn: ['db'] },
    { name: 'db', uses: 'app' },
    { name: 'idle', uses: 'app', running: false },
    { name: 'other', uses: 'cache' },
  ])
  stage = await volumeStage(workloads)
  stage.still.use('app', [
    { name: 'db', state: 'running', readOnly: false, path: '/d', database: 'image postgres:17' },
  ])
  const { volume } = stage.still.all
  const states: unknown[] = []
  Object.assign(stage.still.all, {
    volume: (...place: Parameters<typeof volume>) => ({
      ...volume(...place),
      async *read() {
        states.push(...['web', 'db', 'other'].map(workloads.state))
        yield* volume(...place).read()
      },
    }),
  })
  const { store } = stage.repository
  const { put } = store
  Object.assign(store, {
    put: (...[key, ...rest]: Parameters<typeof put>) => {
      if (key.endsWith('manifest.json')) states.push(workloads.state('web'))
      return put(key, ...rest)
    },
  })
  const { warnings } = await create({ volumes: ['app'], stop: true })
  expect(states.pop()).toBe('running') // again, before the backup exists
  expect(states).toEqual(['stopped', 'stopped', 'running'])
  expect(workloads.done).toEqual(['halt web', 'halt db', 'resume db', 'resume web'])
  expect(warnings).toHaveLength(1) // that something is lost; the database rested
  expect((await create({ volumes: ['app'], stop: true, pause: true })).error.code).toBe('input-invalid')
})

test('who rests goes on also when the volume could not be read', async () => {
  const workloads = stillWorkloads([{ name: 'web', uses: 'app' }])
  stage = await volumeStage(workloads)
  stage.still.cut('app', 3)
  expect((await create({ volumes: ['app'], pause: true })).error.code).toBe('data-corrupt')
  expect(workloads.done).toEqual(['halt web', 'resume web'])
})
