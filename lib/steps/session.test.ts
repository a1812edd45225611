import { expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { emptyServices } from '../../tests/doubles/services.ts'
import { silent } from '../events.ts'
import { acquireLease } from '../repository/lease.ts'
import { openRepository } from '../repository/repository.ts'
import type { Located } from '../services.ts'
import { memoryStore } from '../store/memory.ts'
import { holdBackups, holdSource } from './session.ts'

/** A source in whose lease a dead run is noted, and a database that fails as it is told to. */
async function world() {
  const clock = manualClock()
  const repository = await openRepository(memoryStore(), clock, { create: true })
  const services = emptyServices({ clock, isAlive: () => false, newRun: () => 'mine' })
  const context = { services, report: silent, signal: new AbortController().signal }
  const ended: string[][] = []
  const fails = { endRuns: false, recover: false }
  const step = async (name: keyof typeof fails) => {
    if (fails[name]) throw new Error(`${name} failed`)
  }
  const database = {
    endRuns: async (runs: string[]) => {
      await step('endRuns')
      ended.push(runs)
    },
    restores: { recover: () => step('recover').then(() => []) },
  }
  const located = { source: { id: 'pc_db' }, database } as unknown as Located
  await acquireLease(repository.store, manualClock(), {
    source: 'pc_db',
    run: 'died',
    holder: { ...services.holder, function: 'create' },
    isAlive: () => false,
    wait: false,
    report: silent,
  })
  return { repository, context, located, ended, fails }
}

test('a dead run is handed on until a holder has ended what it left', async () => {
  const { repository, context, located, ended, fails } = await world()
  const hold = () => holdSource(context, repository, located, { operation: 'create' })
  const without = await holdBackups(context, repository, 'pc_db', { operation: 'apply-retention' })
  expect(without.deadRuns).toEqual(['died'])
  await without[Symbol.asyncDispose]()
  for (const name of ['endRuns', 'recover'] as const) {
    fails[name] = true
    await expect(hold()).rejects.toThrow(`${name} failed`)
    fails[name] = false
  }
  const held = await hold()
  expect([held.deadRuns, ended]).toEqual([[], [['died'], ['died']]])
  await held[Symbol.asyncDispose]()
  await (await hold())[Symbol.asyncDispose]()
  expect(ended).toHaveLength(2)
})
