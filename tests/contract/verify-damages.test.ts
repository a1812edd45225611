import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { functions } from '#functions'
import type { Verified } from '#lib/steps/verify-backup'
import { emptyServices } from '../doubles/services.ts'
import { type Damage, inflict } from './damaged-repository.ts'
import { copyIntact, first, folderOf, openAt, second, vectors } from './frozen-repository.ts'

const damages: Damage[] = JSON.parse(readFileSync(new URL('damages.json', vectors), 'utf8'))
const place = (file: string) => file.replace('<first>', folderOf(first)).replace('<second>', folderOf(second))

let root: string
beforeEach(async () => {
  root = await copyIntact()
})

interface Answer {
  verified?: Verified[]
  error?: { code: string; message: string; context?: { verified: Verified[] } }
}

async function verify(input: Record<string, unknown>): Promise<[status: number, Answer]> {
  const services = emptyServices({ repository: () => openAt(root) })
  const init = { method: 'POST', body: JSON.stringify(input) }
  const answer = await functions.verify!.app.request('/', init, services)
  return [answer.status, (await answer.json()) as Answer]
}

test('the frozen repository is readable', async () => {
  const [status, { verified }] = await verify({ all: true })
  expect(status).toBe(200)
  expect(verified!.map(({ id, evidence }) => [id, evidence])).toEqual([
    [first.id, { objects: 5, chunks: 87, rawBytes: first.rawBytes, tables: 3, rows: 1003, largeObjects: 1 }],
    [second.id, { objects: 5, chunks: 1, rawBytes: second.rawBytes, tables: 0, rows: 0, largeObjects: 0 }],
  ])
})

test.each(damages)('$name is found as a restore finds it', async damage => {
  inflict(root, damage, place)
  const words = expect.stringContaining(damage.words)
  const [, { error }] = await verify({ backup: first.id, level: 'checked' })
  expect(error).toMatchObject({ code: damage.code })
  if (damage.fails.includes('open') || damage.fails.includes('find'))
    return expect(error).toMatchObject({ message: words })
  const [{ problems, proof }] = error!.context!.verified as [Verified]
  expect(problems).toContainEqual(
    expect.objectContaining({
      code: damage.code,
      object: expect.stringContaining(folderOf(first)),
      message: words,
    }),
  )
  const isJudged = damage.code === 'data-corrupt'
  expect(proof).toEqual(isJudged ? expect.stringContaining('-checked-failed.json') : undefined)
  const [, { error: all }] = await verify({ all: true })
  expect(all!.context!.verified.map(({ id, verdict }) => [id, verdict])).toEqual([
    [first.id, 'failed'],
    [second.id, 'passed'],
  ])
})
