import { beforeEach, describe, expect, test } from 'vitest'
import { functions } from '#functions'
import { once } from '#lib/bytes'
import { RespaldoError } from '#lib/errors'
import type { Restores } from '#lib/postgres/database'
import { readMarks } from '#lib/repository/marks'
import { writeProof } from '#lib/repository/proofs'
import { openRepository, type Repository } from '#lib/repository/repository'
import { forget } from '#lib/repository/trash'
import type { Services } from '#lib/services'
import { memoryStore } from '#lib/store/memory'
import { type ManualClock, manualClock } from '../doubles/clock.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'

interface Answer {
  error?: { code: string }
  backup?: { id: string; type: string; reason: string }
  emptied?: { id: string }[]
  spared?: { id: string }[]
}

const server = stillServer()
let clock: ManualClock
let repository: Repository
let services: Services
beforeEach(async () => {
  clock = manualClock(new Date('2026-03-10T12:00:00Z'))
  repository = await openRepository(memoryStore(), clock, { create: true })
  let runs = 0
  services = emptyServices({
    clock,
    repository: async () => repository,
    locate: server.locate,
    newRun: () => `run-${++runs}`,
  })
})

async function call(name: string, input: object): Promise<Answer> {
  const init = { method: 'POST', body: JSON.stringify(input) }
  return (await functions[name]!.app.request('/', init, services)).json() as Promise<Answer>
}
const create = async (input: object = {}) => (await call('create', input)).backup!

test('a chain of which one failed its verification is not built on', async () => {
  const full = await create()
  const { id } = await create()
  const time = '2026-03-10T13:00:00.000Z'
  await writeProof(repository.store, {
    format: 1,
    source: 'pc_db',
    backup: id,
    level: 'checked',
    verdict: 'failed',
    started: time,
    finished: time,
    seconds: 1,
    host: 'here',
    tool: 'test',
    evidence: {},
    problems: [],
  })
  expect(full).toMatchObject({ type: 'full' })
  expect(await create()).toMatchObject({ type: 'full', reason: `${id} failed its verification` })
})

test('emptying the trash spares what a backup that is there builds on, however it came there', async () => {
  const full = await create()
  await create()
  await forget(repository.store, { source: 'pc_db', id: full.id }, { time: clock.now(), reason: 'late' })
  const result = await call('apply-retention', { now: true, keepLast: 5 })
  expect([result.emptied, result.spared]).toMatchObject([[], [{ id: full.id }]])
  expect(await call('undo', { backup: full.id })).toMatchObject({ broughtBack: [full.id] })
})

test('a drill fails where the newest backup cannot be read, also where no other is left', async () => {
  await create()
  for (const source of ['pc_db', 'gone'])
    await repository.store.put(`sources/${source}/20991231T000000Z-full/manifest.json`, once('{}'))
  expect(await call('drill', {})).toMatchObject({
    error: {
      code: 'data-corrupt',
      context: {
        drill: { results: [{ source: 'gone' }, { source: 'pc_db', error: { code: 'data-corrupt' } }] },
      },
    },
  })
})

describe('a safety backup is pinned while it may be all that is left', () => {
  /** A restore that drops first, and comes out so. */
  async function restore(run: Restores['run']): Promise<Answer> {
    services.locate = async wanted => {
      const located = await server.locate(wanted)
      const { restores } = located.database
      const plan: Restores['plan'] = async request => ({
        ...(await restores.plan(request, {
          format: 'plain',
          open: () => [] as never,
          rawBytes: 0,
          tables: [],
        })),
        replaces: 'pc_db',
      })
      return { ...located, database: { ...located.database, restores: { ...restores, plan, run } } }
    }
    return call('restore', { backup: 'latest', inPlace: true, dropFirst: true, confirm: 'pc_db' })
  }
  const pinned = async () => [...(await readMarks(repository.store, 'pins'))]
  const safety = async () =>
    (await repository.catalog()).backups
      .filter(({ kind }) => kind === 'safety')
      .map(({ id }) => `pc_db/${id}`)

  test('and no longer once the restore is through', async () => {
    await create()
    let during: string[] = []
    await restore(async () => {
      during = await pinned()
      return { database: 'pc_db', kept: undefined, tables: 1, rows: 1 }
    })
    expect([during, await pinned()]).toEqual([await safety(), []])
  })

  test('nor when the restore failed and the old database was made anew', async () => {
    await create()
    const answer = await restore(() => Promise.reject(new RespaldoError('command-failed', 'no')))
    expect([answer.error?.code, await pinned()]).toEqual(['command-failed', []])
  })

  test('but it stays so when nothing could be made anew, and neither retention nor remove takes it', async () => {
    await create()
    const context = { safety: 'it' }
    await restore(() => Promise.reject(new RespaldoError('command-failed', 'no', { context })))
    const [reference] = await safety()
    expect(await pinned()).toEqual([reference])
    await clock.advance(30 * 86_400_000)
    await call('apply-retention', { now: true })
    expect(await safety()).toEqual([reference])
    const id = reference!.slice('pc_db/'.length)
    expect(await call('remove', { backup: id, confirm: id })).toMatchObject({
      error: { code: 'retention-unsafe' },
    })
  })
})
