import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { drain } from '#lib/bytes'
import { systemClock } from '#lib/clock'
import type { Manifest } from '#lib/repository/manifest'
import { readStandings } from '#lib/repository/proofs'
import { openRepository, type Repository } from '#lib/repository/repository'
import { filesystemStore } from '#lib/store/filesystem'
import { functions } from '../../functions/index.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'
import { stillVolumes } from '../doubles/still-volumes.ts'
import { makeBackup } from '../fixtures/backups.ts'

const volumes = stillVolumes()
volumes.put('app', 'file', 'content\n'.repeat(9000))

const program = new URL('killed-function.ts', import.meta.url).pathname
const onlyNewest = { noDefaults: true, keepLast: 1, now: true }
const ids = (backups: readonly { id: string }[]) => backups.map(({ id }) => id)

let root: string
let repository: Repository
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'respaldo-killed-'))
  repository = await openRepository(filesystemStore({ root }), systemClock, { create: true })
})
afterEach(() => rm(root, { recursive: true }))

const openAt = (at: string) => openRepository(filesystemStore({ root: at }), systemClock, { create: false })

/** An old chain of two and a newer full. */
const chains = async (): Promise<Manifest[]> => [
  await makeBackup(repository, { started: '2025-03-01T01:00:00Z' }),
  await makeBackup(repository, { started: '2025-03-02T01:00:00Z', type: 'incremental' }),
  await makeBackup(repository, { started: '2025-04-30T01:00:00Z' }),
]

/** A copy of the repository after a process that died at its nth change; undefined when it came to its end before. */
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
    ({ signal, stderr }) => {
      expect(signal, stderr).toBe('SIGKILL')
      return at
    },
  )
}

/** Does the work as often as it has changes, and looks at what each death left; returns how many there were. */
async function atEveryChange(
  name: string,
  input: object,
  afterwards: (at: string, message: string) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const at = await afterDeath(nth, name, input)
    if (at === undefined) return nth - 1
    await assertWhole(at, `killed at change ${nth}`)
    await afterwards(at, `killed at change ${nth}`)
  }
}

/** The next run, by a process that finds the holder dead. */
async function call(at: string, name: string, input: object): Promise<unknown> {
  const services = emptyServices({
    repository: () => openAt(at),
    locate: stillServer().locate,
    ...volumes,
    isAlive: () => false,
    newRun: () => 'next',
  })
  const init = { method: 'POST', body: JSON.stringify(input) }
  const answer = await (await functions[name]!.app.request('/', init, services)).json()
  expect(answer).not.toHaveProperty('error')
  return answer
}

async function listed(at: string): Promise<string[]> {
  return ids((await (await openAt(at)).catalog()).backups)
}

/** Every chunk of every backup is there and has its sum. */
async function assertWhole(at: string, message: string): Promise<void> {
  const one = await openAt(at)
  const { backups, damaged } = await one.catalog()
  expect(damaged, message).toEqual([])
  for (const backup of backups)
    await expect(drain(one.contents(backup).raw()), `${message}: ${backup.id}`).resolves.toBeUndefined()
}

/** Nothing else lies in the repository. */
async function assertTidy(at: string, message: string, source = 'pc_db'): Promise<void> {
  const folders = await readdir(join(at, 'sources', source))
  expect(folders.toSorted(), message).toEqual((await listed(at)).toSorted())
  expect(await readdir(join(at, 'trash', source)).catch(() => []), message).toEqual([])
}

describe('a process that is killed at any change leaves every backup whole, and the next run finishes and clears', () => {
  test.each([
    ['a full', 'create', { forceFull: true }],
    ['an incremental', 'create', { backupType: 'incremental' }],
    ['a full of a volume', 'volume-backup', { forceFull: true, volumes: ['app'] }],
    ['an incremental of a volume', 'volume-backup', { backupType: 'incremental', volumes: ['app'] }],
  ])('while it makes %s', async (_, name, input) => {
    await call(root, name, { ...input, forceFull: true })
    const [first] = await listed(root)
    const changes = await atEveryChange(name, { ...input, name: 'killed' }, async (at, message) => {
      await call(at, name, { ...input, name: 'next' })
      const after = await listed(at)
      expect(after, message).toContain(first)
      expect(
        after.filter(id => id.endsWith('-next')),
        message,
      ).toHaveLength(1)
      await assertTidy(at, message, name === 'create' ? 'pc_db' : 'volume.app')
      await assertWhole(at, message)
    })
    expect(changes).toBeGreaterThan(10)
  })

  test('while it verifies', async () => {
    await call(root, 'create', { forceFull: true })
    const level = { level: 'readable' }
    const changes = await atEveryChange('verify', level, async (at, message) => {
      await call(at, 'verify', level)
      const [standing] = await readStandings(
        (await openAt(at)).store,
        (await (await openAt(at)).catalog()).backups,
      )
      expect(standing, message).toMatchObject({ passed: { level: 'readable' } })
    })
    expect(changes).toBeGreaterThan(3)
  })

  test('while it applies retention', async () => {
    const [, , newest] = await chains()
    const changes = await atEveryChange('apply-retention', onlyNewest, async (at, message) => {
      await call(at, 'apply-retention', onlyNewest)
      expect(await listed(at), message).toEqual([newest!.id])
      await assertTidy(at, message)
    })
    expect(changes).toBeGreaterThan(10)
  })

  test('while it removes a chain', async () => {
    const [full, , newest] = await chains()
    const input = { backup: full!.id, chain: true, confirm: full!.id }
    const changes = await atEveryChange('remove', input, async (at, message) => {
      if ((await listed(at)).includes(full!.id)) await call(at, 'remove', input)
      await call(at, 'apply-retention', onlyNewest)
      expect(await listed(at), message).toEqual([newest!.id])
      await assertTidy(at, message)
    })
    expect(changes).toBeGreaterThan(5)
  })

  test('while it brings a chain back', async () => {
    const [full, second, newest] = await chains()
    await call(root, 'remove', { backup: full!.id, chain: true, confirm: full!.id })
    const changes = await atEveryChange('undo', { backup: second!.id }, async (at, message) => {
      if (!(await listed(at)).includes(second!.id)) await call(at, 'undo', { backup: second!.id })
      await call(at, 'apply-retention', { keepLast: 10 })
      expect(await listed(at), message).toEqual(ids([newest!, second!, full!]))
      await assertTidy(at, message)
    })
    expect(changes).toBeGreaterThan(5)
  })
})
