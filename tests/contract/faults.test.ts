import { describe, expect, test } from 'vitest'
import { collect } from '#lib/bytes'
import { RespaldoError } from '#lib/errors'
import { openRepository } from '#lib/repository/repository'
import { memoryStore } from '#lib/store/memory'
import { functions } from '../../functions/index.ts'
import { manualClock } from '../doubles/clock.ts'
import { faultyStore } from '../doubles/faults.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'

interface Answer {
  error?: { code: string }
  backup?: { id: string }
}

/** A repository with a chain of two, on a store that can fail. */
async function stage() {
  const clock = manualClock(new Date('2026-03-10T12:00:00Z'))
  const store = faultyStore(memoryStore())
  const repository = await openRepository(store, clock, { create: true })
  const server = stillServer()
  let runs = 0
  const services = emptyServices({
    clock,
    repository: async () => repository,
    locate: server.locate,
    newRun: () => `run-${++runs}`,
    isAlive: () => false,
  })
  const call = async (name: string, input: object): Promise<Answer> => {
    const init = { method: 'POST', body: JSON.stringify(input) }
    return (await functions[name]!.app.request('/', init, services)).json() as Promise<Answer>
  }
  const whole = new Map<string, string>()
  const create = async (input: object) => {
    const { backup, error } = await call('create', input)
    if (backup) whole.set(backup.id, server.dumpOf('pc_db'))
    return error
  }
  for (const input of [{ forceFull: true, name: 'one' }, { name: 'two' }]) {
    expect(await create(input)).toBeUndefined()
    server.grow('pc_db')
  }
  return { store, repository, server, call, create, whole }
}
type Stage = Awaited<ReturnType<typeof stage>>

/** Every backup that is listed gives back what its database had. One whose run was not told that it was made has what it has now. */
async function assertWhole({ repository, whole, server }: Stage, message: string): Promise<string[]> {
  const { backups, damaged } = await repository.catalog()
  expect(damaged, message).toEqual([])
  for (const backup of backups) {
    if (!whole.has(backup.id)) whole.set(backup.id, server.dumpOf('pc_db'))
    const raw = (await collect(repository.contents(backup).raw())).toString()
    expect(raw === whole.get(backup.id), `${message}: ${backup.id}`).toBe(true)
  }
  return backups.map(({ id }) => id)
}

async function assertTidy({ store }: Stage, listed: readonly string[], message: string): Promise<void> {
  const keys = await Array.fromAsync(store.list('sources/pc_db/'))
  const folders = new Set(keys.map(key => key.split('/')[2]))
  expect([...folders].sort(), message).toEqual([...listed].sort())
}

const unplugged = new RespaldoError('store-unavailable', 'unplugged')

/** Does the work once for every call of the store that it makes, which then fails; until one comes through unharmed. */
async function forEveryCall(
  failing: { calls: number; when: 'before' | 'after' },
  work: (one: Stage) => Promise<Answer['error']>,
  afterwards: (one: Stage, message: string, error: Answer['error']) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const one = await stage()
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
    ['full', { forceFull: true, name: 'new' }],
    ['incremental', { backupType: 'incremental', name: 'new' }],
  ])(
    'while a %s is made: earlier backups are whole, nothing half made is listed, the next run clears',
    async (_, input) => {
      const calls = await forEveryCall(
        failing,
        one => one.create(input),
        async (one, message, error) => {
          const listed = await assertWhole(one, message)
          if (!error) expect(listed, message).toHaveLength(3)
          one.server.grow('pc_db')
          expect(await one.create({ name: 'next' }), message).toBeUndefined()
          await assertTidy(one, await assertWhole(one, message), message)
        },
      )
      expect(calls).toBeGreaterThan(15)
    },
  )

  test('while a restore reads: all of it arrives or the restore fails', async () => {
    const calls = await forEveryCall(
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
