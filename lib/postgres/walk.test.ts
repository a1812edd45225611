import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { collect, once } from '../bytes.ts'
import { archiveWalker } from './archive.ts'
import { plainWalker } from './plain.ts'
import { walked } from './walk.ts'

const read = (file: string) => readFileSync(new URL(`../../tests/vectors/archives/${file}`, import.meta.url))
const halves = (bytes: Uint8Array) => once(bytes.subarray(0, 700), bytes.subarray(700))

test.each([
  ['custom', 'pg15-small.dump'],
  ['plain', 'pg15-small.sql'],
] as const)('a %s dump passes as it is, and is judged at its end', async (format, file) => {
  const walk = walked(halves(read(file)), format)
  expect(() => walk.result()).toThrow('was not read to its end')
  expect(await collect(walk.bytes)).toEqual(read(file))
  expect(walk.result()).toMatchObject({
    format,
    complete: true,
    tables: [
      { name: 'notas', rows: 2 },
      { name: 'zero', rows: 1 },
    ],
  })
})

test('a dump that is cut throws where it would end, and has no result', async () => {
  const walk = walked(halves(read('pg15-small.dump').subarray(0, -1)), 'custom')
  const passed: Uint8Array[] = []
  const reading = (async () => {
    for await (const piece of walk.bytes) passed.push(piece)
  })()
  await expect(reading).rejects.toMatchObject({ code: 'data-corrupt' })
  expect(passed).toHaveLength(2)
  expect(() => walk.result()).toThrow(expect.objectContaining({ code: 'internal' }))
})

test('a damaged piece is not passed on', async () => {
  const bytes = Buffer.from(read('pg15-small.dump'))
  bytes[7] = 200
  bytes[5] = 0
  const passed: Uint8Array[] = []
  const walk = walked(halves(bytes), 'custom')
  await expect(
    (async () => {
      for await (const piece of walk.bytes) passed.push(piece)
    })(),
  ).rejects.toMatchObject({ code: 'version-mismatch' })
  expect(passed).toEqual([])
})

test('another walker may be given', async () => {
  const entries = walked(once(read('pg15-small.dump')), 'custom', archiveWalker({ keep: 'entries' }))
  await collect(entries.bytes)
  expect(entries.result().entries).toHaveLength(10)
  const foreign = walked(once('SELECT 1;'), 'plain', plainWalker({ foreign: true }))
  await collect(foreign.bytes)
  expect(foreign.result().complete).toBe(false)
})
