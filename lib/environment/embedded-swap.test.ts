import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { namesOf } from './embedded-names.ts'
import { mendSwap, swap } from './embedded-swap.ts'

const side = 'db_restoring_20250408T160000Z'
const kept = 'db_before_20250408T160000Z'
let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'respaldo-swap-'))
  for (const [name, content] of [
    ['db', 'old'],
    [side, 'new'],
  ] as const) {
    await mkdir(join(parent, name))
    await writeFile(join(parent, name, 'content'), content)
  }
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const names = () => namesOf(join(parent, 'db'))
const content = (name: string) => readFile(join(parent, name, 'content'), 'utf8')

test('the new folder is live, the old one kept, the note gone', async () => {
  await swap(names(), { from: side, kept })
  expect(await readdir(parent)).toEqual(['db', kept])
  expect([await content('db'), await content(kept)]).toEqual(['new', 'old'])
  expect(await mendSwap(names())).toBeUndefined()
})

test.each([1, 2])('a rename that fails, the %ith, leaves everything as it was', async failing => {
  let renames = 0
  const move = async (from: string, to: string) => {
    renames += 1
    if (renames === failing) throw new Error('no')
    await rename(from, to)
  }
  await expect(swap(names(), { from: side, kept }, move)).rejects.toThrow('no')
  expect(await readdir(parent)).toEqual(['db', side])
  expect(await content('db')).toBe('old')
})

/** What a dead process leaves: its note and the renames that it had done. */
async function crashed(renames: number, note = JSON.stringify({ from: side, kept })): Promise<void> {
  await writeFile(join(parent, 'db_swapping.json'), note)
  if (renames > 0) await rename(join(parent, 'db'), join(parent, kept))
  if (renames > 1) await rename(join(parent, side), join(parent, 'db'))
}

test.each([
  [0, 'old', undefined],
  [1, 'new', expect.stringContaining('finished')],
  [2, 'new', undefined],
])('dead after %i renames, one whole folder is live', async (renames, live, did) => {
  await crashed(renames)
  expect(await mendSwap(names())).toEqual(did)
  expect(await content('db')).toBe(live)
  expect(await readdir(parent)).not.toContain('db_swapping.json')
  expect(await mendSwap(names())).toBeUndefined()
})

test('when the new folder is gone as well, the old one comes back', async () => {
  await crashed(1)
  await rm(join(parent, side), { recursive: true })
  expect(await mendSwap(names())).toContain('took an interrupted restore back')
  expect(await content('db')).toBe('old')
})

test.each(['', '{"from":"', '{"from":"../x","kept":"y"}', '{"from":"","kept":""}'])(
  'the note %j moves nothing',
  async note => {
    await crashed(0, note)
    await rename(join(parent, 'db'), join(parent, 'away'))
    expect(await mendSwap(names())).toBeUndefined()
    expect(await readdir(parent)).toEqual(['away', side])
  },
)

test('while the swapping process lives, nobody mends', async () => {
  const move = async (from: string, to: string) => {
    await rename(from, to)
    await expect(mendSwap(names())).rejects.toMatchObject({ code: 'source-unreachable' })
  }
  await swap(names(), { from: side, kept }, move)
  expect(await content('db')).toBe('new')
})
