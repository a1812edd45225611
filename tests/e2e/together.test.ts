import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { drain } from '#lib/bytes'
import { systemClock } from '#lib/clock'
import { openRepository } from '#lib/repository/repository'
import { bringBack, readTrash } from '#lib/repository/trash'
import { filesystemStore } from '#lib/store/filesystem'

const program = new URL('killed-function.ts', import.meta.url).pathname
const sources = ['a', 'b', 'c', 'd', 'e']

test('twenty processes that back up five sources, and one that applies retention, lose nothing', async () => {
  const root = await mkdtemp(join(tmpdir(), 'respaldo-together-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const repository = await openRepository(filesystemStore({ root }), systemClock, { create: true })
  const run = async (name: string, input: object) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      root,
      '0',
      name,
      JSON.stringify(input),
    ])
    return JSON.parse(stdout) as {
      backup?: { id: string; source: { id: string } }
      remove?: unknown
      error?: unknown
    }
  }
  const creates = Array.from({ length: 20 }, (_, at) =>
    run('create', { source: sources[at % 5], wait: true, forceFull: at < 5 }),
  )
  const [retention, ...made] = await Promise.all([
    run('apply-retention', { noDefaults: true, keepLast: 1 }),
    ...creates,
  ])
  expect(retention).not.toHaveProperty('error')
  const ids = made.map(({ backup }) => backup && `${backup.source.id}/${backup.id}`)
  expect(new Set(ids).size).toBe(20)
  expect(ids).not.toContain(undefined)

  for (const { manifest } of (await readTrash(repository.store)).forgotten.toReversed())
    await bringBack(repository.store, { source: manifest.source.id, id: manifest.id })
  const { backups, damaged } = await repository.catalog()
  expect(damaged).toEqual([])
  expect(backups.map(({ source, id }) => `${source.id}/${id}`).toSorted()).toEqual(ids.toSorted())
  for (const backup of backups)
    await expect(drain(repository.contents(backup).raw())).resolves.toBeUndefined()
  for (const source of sources) expect(await readdir(join(root, 'sources', source))).toHaveLength(4)
})
