import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock'
import { openRepository } from '#lib/repository/repository'
import type { Services } from '#lib/services'
import { memoryStore } from '#lib/store/memory'
import type { Store } from '#lib/store/store'
import { emptyServices } from '../tests/doubles/services.ts'
import { stillVolumes } from '../tests/doubles/still-volumes.ts'
import { stillWorkloads } from '../tests/doubles/still-workloads.ts'
import { functions } from './index.ts'

/** Everything that a process can change, until it dies; from then on it reaches nothing. */
function mortal(store: Store, killedAt: { change: number; when: 'before' | 'after' } | undefined) {
  const life = { changes: 0, isOver: false }
  const die = () => {
    life.isOver = true
    throw new Error('killed')
  }
  const alive = () => {
    if (life.isOver) throw new Error('it is dead')
  }
  async function changing<T>(change: () => Promise<T>): Promise<T> {
    alive()
    life.changes += 1
    const isNow = life.changes === killedAt?.change
    if (isNow && killedAt?.when === 'before') die()
    const result = await change()
    if (isNow) die()
    return result
  }
  async function* reading<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    alive()
    yield* items
  }
  const watched: Store = {
    ...store,
    put: (key, content, options) => changing(() => store.put(key, content, options)),
    delete: keys => changing(() => store.delete(keys)),
    sweep: folder => changing(() => store.sweep(folder)),
    get: (key, options) => reading(store.get(key, options)),
    list: (prefix, options) => reading(store.list(prefix, options)),
  }
  return { life, store: watched, changing }
}

async function world(isEmptied = false) {
  const kept = memoryStore()
  await openRepository(kept, systemClock, { create: true })
  const workloads = stillWorkloads([{ name: 'web', uses: 'app' }])
  const still = stillVolumes(workloads)
  for (const [path, text] of Object.entries({ '': '', a: 'a', b: 'b' }))
    still.put('app', path, path === '' ? { type: 'directory' } : text)
  let runs = 0
  /** What the volume held whenever its user was started. */
  const startedOn: string[] = []
  const text = (volume: string) =>
    [...still.entries(volume)].map(([path, { content }]) => `${path}=${content ?? ''}`).join(' ')
  /** Calls a function as a process of its own, which may be killed. */
  async function call(name: string, input: object, killedAt?: Parameters<typeof mortal>[1]) {
    const pid = ++runs
    const { life, store, changing } = mortal(kept, killedAt)
    const hook = (change: string) =>
      changing(async () => {
        if (change.startsWith('resume')) startedOn.push(text('app'))
      })
    still.before = hook
    workloads.before = hook
    const services: Services = emptyServices({
      ...still,
      repository: options => openRepository(store, systemClock, options),
      newRun: () => `run-${pid}-${life.changes}-${++runs}`,
      holder: { host: 'here', pid, startedAt: '' },
      isAlive: holder => holder.pid === pid,
      workloads: place => ({ place, workloads }),
    })
    const { app, method } = functions[name]!
    const body = method === 'POST' ? { body: JSON.stringify(input) } : {}
    const answer = await app.request('/', { method, ...body }, services)
    still.before = async () => {}
    workloads.before = async () => {}
    return { answer: (await answer.json()) as { volumes: { backup: { id: string } }[] }, life }
  }
  const { volumes } = (await call('volume-backup', { volumes: ['app'] })).answer
  still.put('app', 'a', 'changed')
  still.put('app', 'c', 'c')
  if (isEmptied) for (const path of ['a', 'b', 'c']) still.delete('app', path)
  still.use('app', [
    {
      name: 'web',
      get state() {
        return workloads.state('web') ?? 'stopped'
      },
      readOnly: false,
      path: '/srv',
      database: undefined,
    },
  ])
  return { call, still, workloads, kept, text, startedOn, backup: volumes[0]!.backup.id }
}

const old = '= a=changed b=b c=c'

/** Kills the same restore at each of its changes; afterwards one ordinary run has put everything in order. */
async function killedEverywhere(
  input: object,
  ends: readonly string[],
  isEmptied = false,
): Promise<Set<string>> {
  const seen = new Set<string>()
  const whole = await world(isEmptied)
  const { life } = await whole.call('restore', { backup: whole.backup, ...input })
  expect(whole.text('app')).toBe(ends[0])
  for (let change = 1; change <= life.changes; change++)
    for (const when of ['before', 'after'] as const) {
      const { call, still, workloads, kept, text, startedOn, backup } = await world(isEmptied)
      const killed = await call('restore', { backup, ...input }, { change, when })
      expect(killed.life.isOver).toBe(true)
      await call('list', {})
      const next = await call('volume-backup', { volumes: ['app'] })
      const end = text('app')
      const where = `${when} change ${change}`
      expect(ends, where).toContain(end)
      expect(workloads.state('web'), where).toBe('running')
      expect(ends, where).toEqual(expect.arrayContaining(startedOn))
      expect(still.names(), where).toEqual(['app'])
      expect(await Array.fromAsync(kept.list('journal/')), where).toEqual([])
      expect(next.answer, where).toHaveProperty('volumes')
      seen.add(end)
    }
  return seen
}

test('a restore in place that is killed at any change is finished or undone by the next run', async () => {
  const restored = '= a=a b=b'
  const seen = await killedEverywhere({ confirm: 'app', stop: true }, [restored, old])
  expect(seen).toEqual(new Set([restored, old]))
})

test('so is one of single paths', async () => {
  const added = '= a=a b=b c=c'
  const seen = await killedEverywhere({ confirm: 'app', stop: true, paths: ['a'] }, [added, old])
  expect(seen).toEqual(new Set([added, old]))
})

test('so is one into an empty volume', async () => {
  const seen = await killedEverywhere({ stop: true }, ['= a=a b=b', '='], true)
  expect(seen).toEqual(new Set(['= a=a b=b', '=']))
})

test('a new volume that is killed at any change is whole or gone', async () => {
  const whole = await world()
  const { life } = await whole.call('restore', { backup: whole.backup, into: 'copy' })
  for (let change = 1; change <= life.changes; change++)
    for (const when of ['before', 'after'] as const) {
      const { call, still, kept, text, backup } = await world()
      await call('restore', { backup, into: 'copy' }, { change, when })
      await call('list', {})
      const copy = still.names().includes('copy') ? text('copy') : undefined
      expect([undefined, '= a=a b=b'], `${when} change ${change}`).toContain(copy)
      expect(await Array.fromAsync(kept.list('journal/'))).toEqual([])
      expect(text('app')).toBe(old)
    }
})
