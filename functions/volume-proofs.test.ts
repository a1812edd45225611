import { beforeEach, describe, expect, test } from 'vitest'
import type { Volume, VolumeSource } from '#lib/volumes/volume'
import { type VolumeStage, volumeStage } from '../tests/doubles/volume-stage.ts'

interface Verified {
  verified: { verdict: string; evidence: object; problems: { message: string }[] }[]
}

let stage: VolumeStage
beforeEach(async () => {
  stage = await volumeStage()
  await stage.call('volume-backup', { volumes: ['app', 'cache'] })
})

/** From now on what is written to a volume is not all that was given. */
function spoilWrites(spoil: (name: string) => void): void {
  const { volume } = stage.still.all
  const spoiled = (place: VolumeSource['place']): Volume => ({
    ...volume(place),
    async write(tar) {
      await volume(place).write(tar)
      spoil(place.volume)
    },
  })
  Object.assign(stage.still.all, { volume: spoiled })
}

const app = { source: 'volume.app' }

describe('verify', () => {
  test('restores into a throw-away volume, compares every entry, and keeps the proof', async () => {
    const { result } = await stage.call<Verified>('verify', { ...app, level: 'restored' })
    expect(result.verified).toMatchObject([
      {
        verdict: 'passed',
        evidence: { entries: 2004, restored: { where: 'a scratch volume', compared: { entries: 2004 } } },
      },
    ])
    expect(stage.still.names()).toEqual(['app', 'cache'])
    const { result: list } = await stage.call<{ backups: object[] }>('list', app)
    expect(list.backups).toMatchObject([
      { proven: true, origin: { kind: 'volume' }, totals: { entries: 2004 } },
    ])
  })

  test('names what did not come back as it was, and removes the volume all the same', async () => {
    spoilWrites(name => {
      stage.still.delete(name, 'etc/file-7')
      stage.still.put(name, 'etc/file-8', 'other')
      stage.still.put(name, 'more', 'more')
    })
    const { error } = await stage.call('verify', { ...app, level: 'restored' })
    expect(error.code).toBe('data-corrupt')
    const { verified } = error.context as unknown as Verified
    expect(verified[0]!.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /did not come back as it was: "volume\/etc\/file-7": did not come back; "volume\/more": is not in the backup; "volume\/etc\/file-8": has .*other content/,
      ),
    ])
    expect(stage.still.names()).toEqual(['app', 'cache'])
  })

  test('finds groups that are not those of the tar', async () => {
    const { repository } = stage
    const manifest = await repository.find(undefined, 'volume.app')
    const { raw, tables } = repository.contents(manifest)
    const id = '20260310T130000Z-full'
    const draft = repository.begin('volume.app', id)
    const written = await draft.data(raw(), { format: 'tar', sourceBytes: 1 })
    const other: Record<string, number> = { etc: 2000, logs: 3 }
    const wrong = (await tables()).map(group => ({ ...group, rows: other[group.name] ?? group.rows! }))
    const documents = { tables: wrong, globals: undefined }
    await draft.commit(
      written,
      { ...manifest, id, chain: id, started: '2026-03-10T13:00:00Z' },
      documents,
      async () => {},
    )
    expect(await stage.call('verify', { ...app, level: 'checked' })).not.toHaveProperty('error')
    expect((await stage.call('verify', app)).error.message).toContain(
      'it does not hold what its tables say: "etc" has 2001 entries',
    )
  })

  test('in the run that makes it fails the run, and keeps the backup with the failure', async () => {
    spoilWrites(name => stage.still.delete(name, 'etc/file-7'))
    stage.still.put('app', 'etc/new', 'new')
    const { error } = await stage.call('volume-backup', { volumes: ['app'], verify: 'restored' })
    expect(error.message).toMatch(/^Verification failed of volume.app/)
    const { result } = await stage.call<{ backups: object[] }>('list', app)
    expect(result.backups).toMatchObject([
      { type: 'incremental', proof: { failed: { level: 'restored' } } },
      {},
    ])
  })
})

describe('drill', () => {
  test('restores the newest backup of every volume on trial', async () => {
    const { result } = await stage.call<{ drill: { results: object[] } }>('drill', {})
    expect(result.drill.results).toMatchObject([
      {
        source: 'volume.app',
        scenario: 'volume-lost',
        verdict: 'passed',
        evidence: { compared: { entries: 2004 } },
      },
      { source: 'volume.cache', scenario: 'volume-lost', verdict: 'passed' },
    ])
    expect(stage.still.names()).toEqual(['app', 'cache'])
  })

  test('plays for volumes what can happen to them', async () => {
    const { error } = await stage.call('drill', { scenarios: ['database-lost', 'server-lost'] })
    expect(error).toMatchObject({ code: 'input-invalid' })
    const failed = await stage.call('drill', { sources: ['volume.app'], scenarios: ['newest-damaged'] })
    expect(failed.error.message).toContain('volume.app has backups of one chain only')
  })
})

test('retention keeps and forgets chains of volumes as those of databases', async () => {
  stage.still.put('app', 'etc/new', 'new')
  await stage.call('volume-backup', { volumes: ['app'] })
  await stage.clock.advance(40 * 24 * 3600_000)
  await stage.call('volume-backup', { volumes: ['app'] })
  const rules = { noDefaults: true, keepLast: 1, source: 'volume.app', now: true }
  const { result } = await stage.call<Record<string, { id: string }[]>>('apply-retention', rules)
  const ids = [result.keep, result.remove].map(some => some!.map(({ id }) => id))
  expect(ids).toEqual([['20260419T120000Z-full'], ['20260310T120000Z-incremental', '20260310T120000Z-full']])
  const { result: list } = await stage.call<{ backups: object[] }>('list', {})
  expect(list.backups).toHaveLength(2)
})

test('status names what nothing covers', async () => {
  const server = {
    name: 'pg',
    state: 'running' as const,
    readOnly: false,
    path: '/d',
    database: 'image postgres:17',
  }
  stage.still.put('bare', 'x', 'x')
  stage.still.use('bare', [server])
  const { result } = await stage.call<{ volumes: object[]; uncovered: object[] }>('status', {})
  expect(result.volumes).toMatchObject([
    {
      environment: 'docker',
      volumes: [
        { id: 'volume.app', coveredBy: 'volume.app', lastBackup: { entries: 2004, type: 'full' } },
        { id: 'volume.bare', users: [{ name: 'pg' }] },
        { id: 'volume.cache', coveredBy: 'volume.cache' },
      ],
    },
  ])
  expect(result.uncovered).toEqual([{ id: 'volume.bare', kind: 'volume' }])
})
