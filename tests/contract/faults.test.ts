import { describe, expect, test } from 'vitest'
import { collect } from '#lib/bytes'
import { RespaldoError } from '#lib/errors'
import { openRepository } from '#lib/repository/repository'
import { memoryStore } from '#lib/store/memory'
import { functions } from '../../functions/index.ts'
import { manualClock } from '../doubles/clock.ts'
import { faultyStore } from '../doubles/faults.ts'
import { emptyServices } from '../doubles/services.ts'
import { type StillServer, stillServer } from '../doubles/still-database.ts'
import { type StillVolumes, stillVolumes } from '../doubles/still-volumes.ts'

interface Backup {
  id: string
}
interface Answer {
  error?: { code: string }
  backup?: Backup
  volumes?: { backup: Backup }[]
}
type Kind = 'database' | 'volume'

/** A repository with a chain of two, on a store that can fail. */
async function stage(kind: Kind) {
  const clock = manualClock(new Date('2026-03-10T12:00:00Z'))
  const store = faultyStore(memoryStore())
  const repository = await openRepository(store, clock, { create: true })
  const server = stillServer()
  const still = stillVolumes()
  const subject = kind === 'database' ? ofDatabase(server) : ofVolume(still)
  let runs = 0
  const services = emptyServices({
    clock,
    repository: async () => repository,
    locate: server.locate,
    ...still,
    newRun: () => `run-${++runs}`,
    isAlive: () => false,
  })
  const call = async (name: string, input: object): Promise<Answer> => {
    const init = { method: 'POST', body: JSON.stringify(input) }
    return (await functions[name]!.app.request('/', init, services)).json() as Promise<Answer>
  }
  const whole = new Map<string, string>()
  const create = async (input: object) => {
    const { backup, volumes, error } = await call(subject.name, { ...subject.input, ...input })
    const made = backup ?? volumes?.[0]?.backup
    if (made) whole.set(made.id, await subject.now())
    return error
  }
  for (const input of [{ forceFull: true, name: 'one' }, { name: 'two' }]) {
    expect(await create(input)).toBeUndefined()
    subject.grow()
  }
  return { store, repository, server, subject, call, create, whole }
}

/** What is backed up, what its backup has to give back now, and how it changes. */
const ofDatabase = (server: StillServer) => ({
  name: 'create',
  source: 'pc_db',
  input: {},
  now: async () => server.dumpOf('pc_db'),
  grow: () => server.grow('pc_db'),
})

function ofVolume(still: StillVolumes) {
  let files = 0
  const grow = () => still.put('app', `file-${++files}`, `file ${files}\n`.repeat(3000))
  grow()
  return {
    name: 'volume-backup',
    source: 'volume.app',
    input: { volumes: ['app'] },
    now: async () =>
      (await collect(still.all.volume({ environment: 'docker', volume: 'app' }).read())).toString(),
    grow,
  }
}

type Stage = Awaited<ReturnType<typeof stage>>

/** Every backup that is listed gives back what its database had. One whose run was not told that it was made has what it has now. */
async function assertWhole({ repository, whole, subject }: Stage, message: string): Promise<string[]> {
  const { backups, damaged } = await repository.catalog()
  expect(damaged, message).toEqual([])
  for (const backup of backups) {
    if (!whole.has(backup.id)) whole.set(backup.id, await subject.now())
    const raw = (await collect(repository.contents(backup).raw())).toString()
    expect(raw === whole.get(backup.id), `${message}: ${backup.id}`).toBe(true)
  }
  return backups.map(({ id }) => id)
}

async function assertTidy(
  { store, subject }: Stage,
  listed: readonly string[],
  message: string,
): Promise<void> {
  const keys = await Array.fromAsync(store.list(`sources/${subject.source}/`))
  const folders = new Set(keys.map(key => key.split('/')[2]))
  expect([...folders].sort(), message).toEqual([...listed].sort())
}

const unplugged = new RespaldoError('store-unavailable', 'unplugged')

/** Does the work once for every call of the store that it makes, which then fails; until one comes through unharmed. */
async function forEveryCall(
  kind: Kind,
  failing: { calls: number; when: 'before' | 'after' },
  work: (one: Stage) => Promise<Answer['error']>,
  afterwards: (one: Stage, message: string, error: Answer['error']) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const one = await stage(kind)
    const message = `call ${nth} ${failing.when}`
    one.store.arrange(
      ...Array.from({ length: failing.calls }, (_, more) => ({
        nth: nth + more,
        error: unplugged,
        when: failing.when,
      })),
    )
    const error = await work(one)
    const made = one.store.calls.length
    one.store.arrange()
    await afterwards(one, message, error)
    if (made < nth) return nth
    expect(nth).toBeLessThan(500)
  }
}

describe.each([
  { title: 'one call, before it does anything', calls: 1, when: 'before' as const },
  { title: 'one call, after it was done', calls: 1, when: 'after' as const },
  { title: 'all calls from one on', calls: 1000, when: 'before' as const },
])('a store that fails $title', failing => {
  test.each([
    ['full of a database', 'database' as const, { forceFull: true, name: 'new' }],
    ['incremental of a database', 'database' as const, { backupType: 'incremental', name: 'new' }],
    ['full of a volume', 'volume' as const, { forceFull: true, name: 'new' }],
    ['incremental of a volume', 'volume' as const, { backupType: 'incremental', name: 'new' }],
  ])(
    'while a %s is made: earlier backups are whole, nothing half made is listed, the next run clears',
    async (_, kind, input) => {
      const calls = await forEveryCall(
        kind,
        failing,
        one => one.create(input),
        async (one, message, error) => {
          const listed = await assertWhole(one, message)
          if (!error) expect(listed, message).toHaveLength(3)
          one.subject.grow()
          expect(await one.create({ name: 'next' }), message).toBeUndefined()
          await assertTidy(one, await assertWhole(one, message), message)
        },
      )
      expect(calls).toBeGreaterThan(15)
    },
  )

  test('while a restore reads: all of it arrives or the restore fails', async () => {
    const calls = await forEveryCall(
      'database',
      failing,
      async one => (await one.call('restore', { backup: 'two', into: 'copy' })).error,
      async (one, message, error) => {
        const two = [...one.whole.values()][1]
        expect(one.server.restored, message).toEqual(error ? [] : [two])
        expect(await assertWhole(one, message), message).toHaveLength(2)
      },
    )
    expect(calls).toBeGreaterThan(8)
  })
})
