import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#lib/clock'
import type { Manifest } from '#lib/repository/manifest'
import { openRepository, type Repository } from '#lib/repository/repository'
import { filesystemStore } from '#lib/store/filesystem'
import { functions } from '../../functions/index.ts'
import { emptyServices } from '../doubles/services.ts'
import { isWhole, makeBackup } from '../fixtures/backups.ts'
import { cli } from './cli.ts'

interface Entry {
  id: string
  expired?: boolean
  reasons: string[]
}
interface Result {
  keep: Entry[]
  remove: Entry[]
  emptied: Entry[]
}

let root: string
let repository: Repository
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
  onTestFinished(() => rm(root, { recursive: true }))
  repository = await openRepository(filesystemStore({ root }), systemClock, { create: true })
})

const ids = (entries: readonly { id: string }[]) => entries.map(({ id }) => id)
const listed = async () => ids((await repository.catalog()).backups)
const run = (...args: string[]) => cli([...args, '--dir', root])
const json = async <T>(...args: string[]): Promise<T> => {
  const done = await run(...args, '--json')
  expect(done, done.stdout).toMatchObject({ exitCode: 0 })
  return done.json<T>()
}
const refused = async (...args: string[]): Promise<[number | null, string, string]> => {
  const done = await run(...args, '--json')
  const { code, message } = done.json<{ error: { code: string; message: string } }>().error
  return [done.exitCode, code, message]
}

/** Forty days of a backup every day: a full on Sundays, incrementals else. */
async function fortyDays(): Promise<Manifest[]> {
  const made: Manifest[] = []
  for (let day = 0; day < 40; day++) {
    const started = new Date(Date.UTC(2025, 2, 2 + day, 3)).toISOString()
    made.push(await makeBackup(repository, { started, type: day % 7 === 0 ? 'full' : 'incremental' }))
  }
  return made
}

describe('retention on the command line', () => {
  test('plans, forgets, brings back and deletes, and every backup that is left reads', async () => {
    const made = await fortyDays()
    const plan = await json<Result>('apply-retention', '--dry-run')
    expect(plan.keep.length + plan.remove.length).toBe(40)
    expect(plan.remove.length).toBeGreaterThan(0)
    expect(plan.keep.some(({ expired }) => expired)).toBe(true)
    expect(await listed()).toHaveLength(40)
    const shown = await run('apply-retention', '--dry-run')
    expect(shown.stdout).toMatch(new RegExp(`remove +pc_db/${plan.remove[0]!.id} +\\w`))
    expect(shown.stdout).toMatch(/expired +pc_db/)

    const done = await json<Result>('apply-retention')
    expect([ids(done.keep), ids(done.remove)]).toEqual([ids(plan.keep), ids(plan.remove)])
    expect((await listed()).toSorted()).toEqual(ids(plan.keep).toSorted())
    for (const backup of (await repository.catalog()).backups)
      expect(await isWhole(repository, backup)).toBe(true)

    const [first] = plan.remove
    expect((await run('list', '--trash')).stdout).toContain(first!.id)
    const { broughtBack } = await json<{ broughtBack: string[] }>('undo', first!.id)
    expect(broughtBack.at(-1)).toBe(first!.id)
    expect(await isWhole(repository, made.find(({ id }) => id === first!.id)!)).toBe(true)
    await json('pin', first!.id)
    expect((await run('list')).stdout).toMatch(new RegExp(`${first!.id}.* pinned`))

    const again = await json<Result>('apply-retention', '--now')
    expect(ids(again.keep)).toContain(first!.id)
    expect((await run('list', '--trash')).stdout).toBe('The trash is empty.\n')
    expect(await readdir(join(root, 'sources', 'pc_db'))).toHaveLength(again.keep.length)
  })

  test('remove asks for the id, and refuses what others need', async () => {
    const [full, incremental] = await fortyDays()
    expect(await refused('remove', incremental!.id, '--chain')).toEqual([
      8,
      'not-confirmed',
      expect.stringContaining(incremental!.id),
    ])
    expect(await refused('remove', full!.id, '--yes')).toEqual([
      8,
      'retention-unsafe',
      expect.stringContaining(incremental!.id),
    ])
    const removed = await run('remove', full!.id, '--chain', '--yes')
    expect(removed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`respaldo undo`) })
    expect(await listed()).toHaveLength(33)
    await json('undo', incremental!.id)
    expect(await listed()).toHaveLength(35)
  })

  test('bad input is refused, and nothing goes', async () => {
    await fortyDays()
    for (const value of ['-1', '1.5', 'many', ''])
      expect(await refused('apply-retention', `--retention-daily=${value}`)).toEqual([
        2,
        'input-invalid',
        expect.any(String),
      ])
    expect((await refused('apply-retention', '--no-defaults')).slice(0, 2)).toEqual([8, 'retention-unsafe'])
    expect((await refused('apply-retention', '--source', 'x')).slice(0, 2)).toEqual([4, 'source-not-found'])
    expect((await refused('pin', 'x')).slice(0, 2)).toEqual([4, 'backup-not-found'])
    expect((await refused('remove')).slice(0, 2)).toEqual([2, 'input-invalid'])
    expect(await listed()).toHaveLength(40)
  })
})

describe('a process that is killed between the calls of its store', () => {
  /** A process costs a second; that each call may fail is shown without one. */
  const every = 5
  const program = new URL('killed-function.ts', import.meta.url).pathname
  const onlyNewest = { noDefaults: true, keepLast: 1, now: true }

  /** A copy of the repository after a run that died before its nth call; undefined when it came to its end before. */
  async function afterDeath(nth: number, name: string, input: object): Promise<string | undefined> {
    const at = `${root}-${nth}`
    onTestFinished(() => rm(at, { recursive: true }))
    await cp(root, at, { recursive: true })
    const args = [program, at, String(nth), name, JSON.stringify(input)]
    return promisify(execFile)(process.execPath, args).then(
      ({ stdout }) => {
        expect(JSON.parse(stdout)).not.toHaveProperty('error')
        return undefined
      },
      ({ signal }) => {
        expect(signal).toBe('SIGKILL')
        return at
      },
    )
  }

  const openAt = (at: string) => openRepository(filesystemStore({ root: at }), systemClock, { create: false })

  async function call(at: string, name: string, input: object): Promise<unknown> {
    const services = emptyServices({ repository: () => openAt(at), isAlive: () => false })
    const answer = await functions[name]!.app.request(
      '/',
      { method: 'POST', body: JSON.stringify(input) },
      services,
    )
    return answer.json()
  }

  /** What is left is whole, and nothing else lies in the repository. */
  async function assertTidy(at: string, left: readonly Manifest[], message: string): Promise<void> {
    const { backups } = await (await openAt(at)).catalog()
    expect(ids(backups), message).toEqual(ids(left))
    expect((await readdir(join(at, 'sources', 'pc_db'))).toSorted(), message).toEqual(ids(left).toSorted())
    expect(await readdir(join(at, 'trash', 'pc_db')).catch(() => []), message).toEqual([])
  }

  async function assertWhole(at: string, message: string): Promise<readonly Manifest[]> {
    const one = await openAt(at)
    const { backups } = await one.catalog()
    for (const backup of backups) expect(await isWhole(one, backup), message).toBe(true)
    return backups
  }

  const chain = async () => [
    await makeBackup(repository, { started: '2025-03-01T01:00:00Z' }),
    await makeBackup(repository, { started: '2025-03-02T01:00:00Z', type: 'incremental' }),
    await makeBackup(repository, { started: '2025-04-30T01:00:00Z' }),
  ]

  test('of retention: every backup reads, and the next run finishes and clears', async () => {
    const [, , newest] = await chain()
    for (let nth = 3; ; nth += every) {
      const message = `killed before call ${nth}`
      const at = await afterDeath(nth, 'apply-retention', onlyNewest)
      if (at === undefined) return expect(nth).toBeGreaterThan(20)
      await assertWhole(at, message)
      await call(at, 'apply-retention', onlyNewest)
      await assertTidy(at, [newest!], message)
    }
  })

  test('of an undo: every backup reads, and the next run finishes and clears', async () => {
    const [full, second, newest] = await chain()
    await json('remove', full!.id, '--chain', '--yes')
    for (let nth = 2; ; nth += every) {
      const message = `killed before call ${nth}`
      const at = await afterDeath(nth, 'undo', { backup: second!.id })
      if (at === undefined) return expect(nth).toBeGreaterThan(10)
      const backups = await assertWhole(at, message)
      if (!ids(backups).includes(second!.id)) await call(at, 'undo', { backup: second!.id })
      await call(at, 'apply-retention', { keepLast: 10 })
      await assertTidy(at, [newest!, second!, full!], message)
    }
  })
})
