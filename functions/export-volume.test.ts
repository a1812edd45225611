import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Bytes, collect, once } from '#lib/bytes'
import { openRepository } from '#lib/repository/repository'
import type { Services } from '#lib/services'
import { memoryStore } from '#lib/store/memory'
import { manualClock } from '../tests/doubles/clock.ts'
import { emptyServices } from '../tests/doubles/services.ts'
import { type StillVolumes, stillVolumes } from '../tests/doubles/still-volumes.ts'
import { writeTar } from '../tests/doubles/tar-writer.ts'
import { makeBackup } from '../tests/fixtures/backups.ts'
import { functions } from './index.ts'

let services: Services
let still: StillVolumes
let files: Map<string, Buffer>
beforeEach(async () => {
  const clock = manualClock(new Date('2026-03-10T12:00:00Z'))
  const repository = await openRepository(memoryStore(), clock, { create: true })
  still = stillVolumes()
  files = new Map()
  let runs = 0
  services = emptyServices({
    ...still,
    clock,
    origin: 'cli',
    repository: async () => repository,
    newRun: () => `run-${++runs}`,
    async newFile(path, name) {
      const file = path ?? name
      return {
        path: file,
        name: file,
        async write(content) {
          files.set(file, await collect(content))
          return files.get(file)!.length
        },
        remove: async () => void files.delete(file),
      }
    },
    openFile: async path => ({ name: path, open: () => once(Buffer.from(files.get(path)!)) }),
  })
  for (const volume of ['app', 'cache']) {
    still.put(volume, '', { type: 'directory' })
    still.put(volume, 'name', volume)
  }
  await call('volume-backup', { volumes: ['app', 'cache'] })
  await makeBackup(repository, { started: '2026-03-10T11:00:00Z' })
})

type Answer = {
  exported?: { file: string; format: string; bytes: number; metadata?: string }
  volumes?: { volume: string; restored: { deed: string } }[]
  error?: { code: string; message: string; hint?: string; context?: { confirm?: string } }
}
async function call(name: string, input: object): Promise<Answer> {
  const init = { method: 'POST', body: JSON.stringify(input) }
  return (await (await functions[name]!.app.request('/', init, services)).json()) as Answer
}
const backups = ['volume.app', 'volume.cache']
const exportAll = (input: object = {}) =>
  call('export', { backup: backups.map(source => `${source}/20260310T120000Z-full`), ...input })
const exportOne = (input: object) => call('export', { source: 'volume.app', ...input })
const text = (volume: string) => still.entries(volume).get('name')?.content?.toString()

async function filesIn(tar: Buffer): Promise<Map<string, Buffer>> {
  const reader = extract()
  reader.end(tar)
  const found = new Map<string, Buffer>()
  for await (const entry of reader) found.set(entry.header.name, await collect(entry as Bytes))
  return found
}

describe('several volumes', () => {
  test('become one file that holds their tars and what describes them, which stands beside it too', async () => {
    const { exported } = await exportAll()
    expect(exported).toMatchObject({
      file: 'volumes_development_20260310_120000.tar.gz',
      metadata: 'volumes_development_20260310_120000_metadata.json',
    })
    const found = await filesIn(gunzipSync(files.get(exported!.file)!))
    expect([...found.keys()]).toEqual(['metadata.json', 'volume.app.tar', 'volume.cache.tar'])
    expect([...(await filesIn(found.get('volume.app.tar')!)).keys()]).toEqual(['volume/', 'volume/name'])
    expect(found.get('metadata.json')).toEqual(files.get(exported!.metadata!))
    expect(JSON.parse(found.get('metadata.json')!.toString())).toMatchObject({
      type: 'volumes',
      volumes: [{ source: 'volume.app', totals: { entries: 2 } }, { source: 'volume.cache' }],
    })
  })

  test('come back from it, all or those that are named', async () => {
    const file = (await exportAll()).exported!.file
    for (const volume of ['app', 'cache']) still.put(volume, 'name', 'changed')
    const asked = await call('restore', { file })
    expect(asked.error).toMatchObject({ code: 'not-confirmed', context: { confirm: 'app, cache' } })
    expect([text('app'), text('cache')]).toEqual(['changed', 'changed'])
    await call('restore', { file, volumes: ['cache'], confirm: 'cache' })
    expect([text('app'), text('cache')]).toEqual(['changed', 'cache'])
    const { volumes } = await call('restore', { file, confirm: 'app, cache' })
    expect(volumes?.map(({ restored }) => restored.deed)).toEqual(['replace', 'replace'])
    expect([text('app'), text('cache')]).toEqual(['app', 'cache'])
    await call('restore', { file, volumes: ['app'], into: 'copy' })
    expect(text('copy')).toBe('app')
  })

  test('one that it does not hold is told with those that it holds', async () => {
    const file = (await exportAll()).exported!.file
    expect((await call('restore', { file, volumes: ['ap'] })).error).toMatchObject({
      code: 'backup-not-found',
      hint: expect.stringContaining('app'),
    })
    expect((await call('restore', { file, into: 'one' })).error?.code).toBe('input-invalid')
  })

  test('a file that is cut is damaged before anything is touched', async () => {
    const file = (await exportAll()).exported!.file
    const whole = files.get(file)!
    files.set(file, whole.subarray(0, whole.length - 20))
    still.put('app', 'name', 'changed')
    const { error } = await call('restore', { file, confirm: 'app, cache' })
    expect([error?.code, text('app')]).toEqual(['data-corrupt', 'changed'])
  })
})

describe('one volume', () => {
  test('is the tar as the engine wrote it, with or without compression', async () => {
    await exportOne({ to: 'one.tar' })
    await exportOne({ to: 'one.tar.zst' })
    await exportOne({ to: 'small.tar.zst', level: 9 })
    const tar = files.get('one.tar')!
    expect([...(await filesIn(tar)).keys()]).toEqual(['volume/', 'volume/name'])
    expect(zstdDecompressSync(files.get('one.tar.zst')!)).toEqual(tar)
    expect(zstdDecompressSync(files.get('small.tar.zst')!)).toEqual(tar)
  })

  test('comes back from a tar of any folder, once its volume is named', async () => {
    await exportOne({ to: 'one.tar' })
    files.set('foreign.tar', renamed(files.get('one.tar')!))
    expect((await call('restore', { file: 'foreign.tar' })).error?.code).toBe('data-corrupt')
    const { volumes } = await call('restore', { file: 'foreign.tar', volumes: ['new'] })
    expect([volumes?.[0]?.restored.deed, text('new')]).toEqual(['make', 'app'])
  })
})

test.each([
  ['climbs', [{ path: 'volume/../../etc/cron.d/x', content: 'x' }]],
  ['absolute', [{ path: '/etc/passwd', content: 'x' }]],
  ['hard link', [{ path: 'volume/x', type: '1', link: '/etc/passwd' }]],
  [
    'symlink',
    [
      { path: 'volume/out', type: '2', link: '/etc' },
      { path: 'volume/out/passwd', content: 'x' },
    ],
  ],
])('a tar that would write elsewhere (%s) is refused before anything is made', async (words, entries) => {
  files.set('evil.tar', writeTar([{ path: 'volume/' }, ...entries]))
  const { error } = await call('restore', { file: 'evil.tar', volumes: ['new'] })
  expect(error).toMatchObject({ code: 'restore-unsafe', message: expect.stringContaining(words) })
  expect(still.names()).toEqual(['app', 'cache'])
})

test.each([
  [{ backup: backups.map(source => `${source}/20260310T120000Z-full`), to: 'x.tar' }, 'holds one volume'],
  [{ source: 'volume.app', to: 'x.sql' }, 'cannot be exported as .sql'],
  [{ source: 'pc_db', to: 'x.tar' }, 'cannot be exported as .tar'],
  [{ source: 'volume.app', to: 'x.tar', level: 3 }, 'no level 3'],
  [{ backup: ['volume.app/20260310T120000Z-full', 'pc_db/20260310T110000Z-full'] }, 'one backup'],
  [{ backup: ['volume.app/20260310T120000Z-full', 'volume.app/20260310T120000Z-full'] }, 'two backups'],
])('refuses %j', async (input, message) => {
  const { error } = await call('export', input)
  expect(error).toMatchObject({ code: 'input-invalid', message: expect.stringContaining(message) })
  expect([...files.keys()]).toEqual([])
})

/** The same entries in a folder of another name of as many letters. */
function renamed(tar: Buffer): Buffer {
  const copy = Buffer.from(tar)
  for (let at = copy.indexOf('volume/'); at !== -1; at = copy.indexOf('volume/')) {
    copy.write('folder/', at)
    const header = copy.subarray(at, at + 512)
    header.write('        ', 148)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  }
  return copy
}
