import { beforeEach, describe, expect, test } from 'vitest'
import { RespaldoError } from '#lib/errors'
import type { VolumeManifest } from '#lib/repository/manifest'
import { openRepository, type Repository } from '#lib/repository/repository'
import type { Services } from '#lib/services'
import { memoryStore } from '#lib/store/memory'
import { manualClock } from '../tests/doubles/clock.ts'
import { emptyServices } from '../tests/doubles/services.ts'
import { type StillVolumes, stillVolumes } from '../tests/doubles/still-volumes.ts'
import { type StillWorkloads, stillWorkloads } from '../tests/doubles/still-workloads.ts'
import { functions } from './index.ts'

interface Failure {
  code: string
  message: string
  hint?: string
  context: Record<string, unknown>
}
interface Answer {
  warnings: string[]
  result: {
    volumes: { volume: string; restored: { deed: string; entries: number; safety?: string } }[]
    plans: { plan: { deed: string; steps: string[]; warnings: string[]; refusals: object[] } }[]
  }
  error: Failure
}

let repository: Repository
let still: StillVolumes
let workloads: StillWorkloads
let services: Services
let backup: string
beforeEach(async () => {
  const clock = manualClock(new Date('2026-03-10T12:00:00Z'))
  repository = await openRepository(memoryStore(), clock, { create: true })
  workloads = stillWorkloads([{ name: 'web', uses: 'app' }])
  still = stillVolumes(workloads)
  let runs = 0
  services = emptyServices({
    ...still,
    clock,
    repository: async () => repository,
    newRun: () => `run-${++runs}`,
    isAlive: () => false,
    workloads: place => ({ place, workloads }),
  })
  still.put('app', '', { type: 'directory', mode: 0o2750, uid: 7 })
  still.put('app', 'etc', { type: 'directory' })
  still.put('app', 'etc/one', 'one')
  still.put('app', 'etc/two', { content: Buffer.from('two'), mode: 0o4755, uid: 3 })
  still.put('app', 'link', { type: 'symlink', linkname: '../../nowhere' })
  backup = (await call('volume-backup', { volumes: ['app'] })).backup
  still.put('app', 'etc/one', 'changed')
  still.put('app', 'new', 'new')
  still.delete('app', 'etc/two')
})

async function call(name: string, input: object): Promise<Answer & { backup: string }> {
  const headers = { accept: 'application/x-ndjson' }
  const { app, method } = functions[name]!
  const init = { method, headers, ...(method === 'POST' ? { body: JSON.stringify(input) } : {}) }
  const answer = await app.request('/', init, services)
  const all = (await answer.text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const warnings = all.filter(({ type }) => type === 'warning').map(({ message }) => message)
  const last = all.at(-1)
  return { warnings, backup: last.result?.volumes?.[0]?.backup?.id, ...last }
}
const restore = (input: object) => call('restore', input)

/** What is in a volume, as text by path. */
const content = (volume: string): Record<string, string> =>
  Object.fromEntries(
    [...still.entries(volume)].map(([path, { content, linkname }]) => [
      path,
      linkname ?? content?.toString() ?? '',
    ]),
  )
const before = { '': '', etc: '', 'etc/one': 'changed', link: '../../nowhere', new: 'new' }
const restored = { '': '', etc: '', 'etc/one': 'one', 'etc/two': 'two', link: '../../nowhere' }
const journal = () => Array.fromAsync(repository.store.list('journal/'))
const pins = () => Array.fromAsync(repository.store.list('pins/'))

describe('into a new volume', () => {
  test('makes it, writes and compares; the old one stays as it is', async () => {
    const { result } = await restore({ backup, into: 'copy' })
    expect(result.volumes).toMatchObject([{ volume: 'copy', restored: { deed: 'make', entries: 5 } }])
    expect(content('copy')).toEqual(restored)
    expect(still.entries('copy').get('')).toMatchObject({ mode: 0o2750, uid: 7 })
    expect(content('app')).toEqual(before)
    expect([still.names(), await journal()]).toEqual([['app', 'copy'], []])
  })

  test('one that exists is refused, unless it is empty', async () => {
    const taken = await restore({ backup, into: 'app' })
    expect(taken.error).toMatchObject({
      code: 'restore-unsafe',
      message: expect.stringContaining('not empty'),
    })
    await still.all.make('empty', {}, {})
    const { result } = await restore({ backup, into: 'empty' })
    expect([result.volumes[0]?.restored.deed, content('empty')]).toEqual(['fill', restored])
  })

  test.each(['write etc/two into copy', 'write  into copy'])('goes again when %s fails', async change => {
    failAt(change)
    const { error } = await restore({ backup, into: 'copy' })
    expect(error.code).toBe('space-insufficient')
    expect([still.names(), await journal()]).toEqual([['app'], []])
  })

  test('is removed by the next run when it could not be', async () => {
    failAt('write etc/two into copy', 'remove copy')
    expect((await restore({ backup, into: 'copy' })).error.code).toBe('space-insufficient')
    still.before = async () => {}
    expect(still.names()).toContain('copy')
    const { warnings } = await restore({ backup, into: 'other' })
    expect([warnings.join(), still.names()]).toEqual([expect.stringContaining('removed'), ['app', 'other']])
  })

  test('what does not come back as it was is named, and the volume goes', async () => {
    const { write } = still.all.volume({ environment: 'docker', volume: 'copy' })
    expect(write).toBeDefined()
    still.before = async change => {
      if (change === 'write link into copy') still.put('copy', 'etc/one', 'tampered')
    }
    const { error } = await restore({ backup, into: 'copy' })
    expect(error).toMatchObject({ code: 'data-corrupt', message: expect.stringContaining('volume/etc/one') })
    expect(still.names()).toEqual(['app'])
  })
})

describe('in place', () => {
  test('only once it is confirmed; the question has the plan', async () => {
    workloads.set('web', 'stopped')
    const { error } = await restore({ backup })
    expect(error).toMatchObject({ code: 'not-confirmed', context: { confirm: 'app' } })
    expect(content('app')).toEqual(before)
  })

  test('replaces all, and keeps a safety backup of what was there', async () => {
    const { result } = await restore({ backup, confirm: 'app' })
    const { safety } = result.volumes[0]!.restored
    expect(content('app')).toEqual(restored)
    expect([still.names(), await journal(), await pins()]).toEqual([['app'], [], []])
    const manifest = (await repository.find(safety)) as VolumeManifest
    expect(manifest).toMatchObject({ kind: 'safety', totals: { entries: 5 } })
    await restore({ backup: safety, into: 'old' })
    expect(content('old')).toEqual(before)
  })

  test('refuses while somebody uses it, and with stop starts it again', async () => {
    still.use('app', [web()])
    const refused = await restore({ backup, confirm: 'app' })
    expect(refused.error).toMatchObject({ code: 'restore-unsafe', message: expect.stringContaining('web') })
    expect(content('app')).toEqual(before)
    const { result } = await restore({ backup, confirm: 'app', stop: true })
    expect(result.volumes[0]?.restored.deed).toBe('replace')
    expect([workloads.done, workloads.state('web')]).toEqual([['halt web', 'resume web'], 'running'])
    expect(content('app')).toEqual(restored)
  })

  test('nobody is stopped before the content was compared in a temporary volume', async () => {
    still.use('app', [web()])
    failAt(/^write etc\/two into respaldo-staged/)
    const { error } = await restore({ backup, confirm: 'app', stop: true })
    expect([error.code, workloads.done, still.names()]).toEqual(['space-insufficient', [], ['app']])
  })

  test.each(['clear app', 'copy into app'])(
    'when it fails at %s, the volume holds what it held',
    async at => {
      still.use('app', [web()])
      let failures = 0
      still.before = async change => {
        if (change === at && failures++ === 0) throw full()
      }
      const { error } = await restore({ backup, confirm: 'app', stop: true })
      expect(error).toMatchObject({ message: expect.stringContaining('holds what it held before') })
      expect([content('app'), workloads.state('web')]).toEqual([before, 'running'])
      expect([still.names(), await journal(), await pins()]).toEqual([['app'], [], []])
    },
  )

  test('when it cannot be undone either, all stays stopped until the next run has finished it', async () => {
    still.use('app', [web()])
    failAt('copy into app')
    const { error } = await restore({ backup, confirm: 'app', stop: true })
    expect(error.context).toMatchObject({ safety: expect.stringContaining('volume.app/') })
    expect([workloads.state('web'), (await journal()).length, (await pins()).length]).toEqual([
      'stopped',
      2,
      1,
    ])
    still.before = async () => {}
    const { warnings } = await call('list', {})
    expect(warnings.join()).toContain('is restored now')
    expect([content('app'), workloads.state('web'), still.names()]).toEqual([restored, 'running', ['app']])
    expect([await journal(), await pins()]).toEqual([[], []])
  })

  test('one that is gone is made again without a question', async () => {
    await still.all.volume({ environment: 'docker', volume: 'app' }).remove()
    const { result } = await restore({ backup })
    expect([result.volumes[0]?.restored.deed, content('app')]).toEqual(['make', restored])
  })

  test('what cannot be replaced is offered as a new volume', async () => {
    const { volume } = still.all
    Object.assign(still.all, {
      volume: (place: Parameters<typeof volume>[0]) => ({
        ...volume(place),
        isReplaceable: async () => false,
      }),
    })
    const { result } = await restore({ backup, dryRun: true })
    expect(result.plans[0]?.plan.refusals).toMatchObject([
      { code: 'environment-unavailable', hint: expect.stringContaining('--into') },
    ])
    expect((await restore({ backup, into: 'copy' })).result.volumes[0]?.restored.deed).toBe('make')
  })
})

describe('single paths', () => {
  test('into a new volume, with the folders that they are in', async () => {
    await restore({ backup, into: 'copy', paths: ['etc/two'] })
    expect(content('copy')).toEqual({ '': '', etc: '', 'etc/two': 'two' })
  })

  test('in place over what is there, after a safety backup', async () => {
    const { result } = await restore({ backup, paths: ['/etc/one', 'etc/two'], confirm: 'app' })
    expect(result.volumes[0]?.restored).toMatchObject({ deed: 'add', safety: expect.any(String) })
    expect(content('app')).toEqual({ ...restored, new: 'new' })
  })

  test('one that is not there is told with what is near', async () => {
    const { error } = await restore({ backup, paths: ['etc/twoo'], confirm: 'app' })
    expect(error).toMatchObject({ code: 'input-invalid', hint: expect.stringContaining('etc/two') })
    expect(content('app')).toEqual(before)
  })
})

test('a dry run changes nothing and says all', async () => {
  still.use('app', [web()])
  const { result } = await restore({ backup, dryRun: true, stop: true })
  expect(result.plans[0]?.plan).toMatchObject({ deed: 'replace', refusals: [] })
  expect(result.plans[0]?.plan.steps.join('\n')).toMatch(
    /5 entries[\s\S]*stop web[\s\S]*safety[\s\S]*start web/,
  )
  expect([content('app'), still.names(), workloads.done]).toEqual([before, ['app'], []])
})

test.each([{ tables: ['t'] }, { pause: true }, { dropFirst: true }, { volumes: ['a', 'b'] }])(
  'refuses %j of a volume',
  async input => {
    expect((await restore({ backup, ...input })).error.code).toBe('input-invalid')
  },
)

function failAt(...changes: (string | RegExp)[]): void {
  still.before = async change => {
    if (changes.some(one => (typeof one === 'string' ? one === change : one.test(change)))) throw full()
  }
}

const full = () => new RespaldoError('space-insufficient', 'There is no room left')

const web = () => ({
  name: 'web',
  get state() {
    return workloads.state('web') ?? 'stopped'
  },
  readOnly: false,
  path: '/srv',
  database: undefined,
})
