import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readAnswer, responseTo } from './reads.ts'

const long = JSON.stringify({ backups: Array(500).fill('20250408T160000Z-full') })
const asked = (accepted?: string) =>
  new Request('http://localhost/', accepted === undefined ? {} : { headers: { 'accept-encoding': accepted } })

test.each([
  ['gzip', true],
  ['br, gzip;q=0.5', true],
  ['gzip;q=0, br', false],
  ['gzip; q=0.0', false],
  ['identity', false],
  ['xgzip', false],
  [undefined, false],
])('to a caller that accepts %s a long answer is compressed: %s', async (accepted, isCompressed) => {
  const answer = responseTo(asked(accepted), await readAnswer(Response.json(long, { status: 201 })))
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect([answer.status, answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([
    201,
    isCompressed ? 'gzip' : null,
    'accept-encoding',
  ])
  expect((isCompressed ? gunzipSync(bytes) : bytes).toString()).toBe(JSON.stringify(long))
})

test('a short answer is given as it is', async () => {
  const answer = responseTo(asked('gzip'), await readAnswer(Response.json({})))
  expect([answer.headers.get('content-encoding'), await answer.json()]).toEqual([null, {}])
})
