import { readFileSync } from 'node:fs'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { type Bytes, collect, once } from '#lib/bytes'
import { unzstd } from '#lib/postgres/zstd-frames'
import { type Damage, inflict } from './damaged-repository.ts'
import {
  copyIntact,
  first,
  folderOf,
  openAt,
  readingNames,
  readings,
  readWhole,
  second,
  vectors,
  wanted,
} from './frozen-repository.ts'

const read = (file: string) => readFileSync(new URL(file, vectors))
const damages: Damage[] = JSON.parse(read('damages.json').toString())
const place = (file: string) => file.replace('<first>', folderOf(first)).replace('<second>', folderOf(second))

let whole: Buffer
let root: string
beforeAll(async () => {
  whole = await collect(unzstd(once(read(`intact/${folderOf(first)}/${first.data}`))))
})
beforeEach(async () => {
  root = await copyIntact()
})

test('every damage has its own name, and none was left out', () => {
  expect(new Set(damages.map(({ name }) => name)).size).toBe(44)
  expect(damages).toHaveLength(44)
  const codes = new Set(damages.map(({ code }) => code))
  expect([...codes].sort()).toEqual(['backup-not-found', 'data-corrupt', 'input-invalid', 'version-mismatch'])
})

test.each(damages)('$name', async damage => {
  inflict(root, damage, place)
  const refusal = {
    code: damage.code,
    message: expect.stringContaining(damage.words),
    ...(damage.sealed ? {} : { hint: expect.any(String) }),
  }
  if (damage.fails.includes('open')) return expect(openAt(root)).rejects.toMatchObject(refusal)
  const one = await openAt(root)
  await readWhole(one, second)
  if (damage.fails.includes('find')) {
    await expect(one.find(first.id)).rejects.toMatchObject(refusal)
    const { backups, damaged } = await one.catalog()
    expect(backups.map(({ id }) => id)).toEqual([second.id])
    return expect(damaged.map(({ id }) => id)).toEqual(damage.code === 'backup-not-found' ? [] : [first.id])
  }
  const backup = await one.find(first.id)
  for (const name of readingNames)
    if (damage.fails.includes(name)) await expect(readings[name](one, backup)).rejects.toMatchObject(refusal)
    else expect(await readings[name](one, backup), name).toEqual(wanted(first)[name])
  const passed = await untilItFails(one.contents(backup).raw())
  expect(whole.subarray(0, passed.length).equals(passed)).toBe(true)
})

/** What a stream gives before it throws. */
async function untilItFails(bytes: Bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of bytes) pieces.push(Buffer.from(piece))
  } catch {} // which error it is was asked before
  return Buffer.concat(pieces)
}
