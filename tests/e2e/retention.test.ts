import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#lib/clock'
import type { Manifest } from '#lib/repository/manifest'
import { openRepository, type Repository } from '#lib/repository/repository'
import { filesystemStore } from '#lib/store/filesystem'
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
