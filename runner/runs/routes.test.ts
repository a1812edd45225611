import { describe, expect, test } from 'vitest'
import type { GivenLimits } from '#lib/config/limits'
import type { RunRecord } from '#lib/runs/record'
import { testRuns } from '../../tests/doubles/runs.ts'
import { emptyServices } from '../../tests/doubles/services.ts'
import { stillServer } from '../../tests/doubles/still-database.ts'
import { directReads } from '../reads/direct.ts'
import { openServer } from '../server.ts'

const host = { host: '127.0.0.1' }
const json = { ...host, 'content-type': 'application/json' }

/** A server whose databases are found, or will be as soon as `find` is called. */
function server(limits: GivenLimits = {}, { found = true } = {}) {
  const still = stillServer()
  const gate = Promise.withResolvers<void>()
  if (found) gate.resolve()
  const services = emptyServices({
    async locate(wanted, signal) {
      const away = Promise.withResolvers<never>()
      signal?.addEventListener('abort', () => away.reject(signal.reason))
      signal?.throwIfAborted()
      await Promise.race([gate.promise, away.promise])
      return still.locate(wanted)
    },
  })
  const runs = testRuns({ services, limits })
  const app = openServer({ services, runs, reads: directReads(services), token: undefined, hosts: [] })
  const get = (path: string, headers = {}) => app.request(path, { headers: { ...host, ...headers } })
  const create = (headers = {}, init: RequestInit = {}) =>
    app.request('/api/create', { method: 'POST', headers: { ...json, ...headers }, body: '{}', ...init })
  const begin = async (headers = {}) =>
    ((await (await create({ prefer: 'respond-async', ...headers })).json()) as { run: RunRecord }).run
  return { app, runs, get, create, begin, find: gate.resolve }
}

const body = async <T>(answer: Response | Promise<Response>) => (await (await answer).json()) as T
const errorOf = async (answer: Response) => [
  answer.status,
  (await body<{ error: { code: string } }>(answer)).error.code,
]
const lines = async (answer: Response) =>
  (await answer.text())
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { type?: string; id?: number; event?: { type: string } })

describe('a call of a function that changes something', () => {
  test('waits, answers the result, and says which run it was', async () => {
    const { create, get } = server()
    const answer = await create()
    const { backup } = await body<{ backup: { id: string } }>(answer)
    const id = answer.headers.get('x-respaldo-run')
    const { run } = await body<{ run: RunRecord }>(get(`/api/runs/${id}`))
    expect(run).toMatchObject({ id, function: 'create', state: 'succeeded', source: 'pc_db', records: 4000 })
    expect(backup.id).toMatch(/-full$/)
    const listed = await body<{ runs: RunRecord[] }>(get('/api/runs?state=succeeded'))
    expect(listed.runs).toEqual([run])
  })

  test('answers 202 at once to who prefers that', async () => {
    const { create, get, find, runs } = server({}, { found: false })
    const answer = await create({ prefer: 'respond-async, wait=10' })
    expect(answer.status).toBe(202)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'retry-after': '1',
      'preference-applied': 'respond-async',
      location: expect.stringMatching(/^\/api\/runs\/\d{8}t\d{6}z-[0-9a-f]{8}$/),
    })
    const location = answer.headers.get('location')!
    expect(await body(get(location))).toMatchObject({ run: { function: 'create' } })
    find()
    await runs.result(location.split('/').at(-1)!)
    expect(await body(get(location))).toMatchObject({ run: { state: 'succeeded' } })
  })

  test('answers its events to who accepts them, the last of which is the end', async () => {
    const { create } = server()
    const events = await lines(await create({ accept: 'application/x-ndjson' }))
    expect(events[0]).toMatchObject({ type: 'step' })
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { backup: {} } })
  })

  test('with a key is the run that had the key before, and answers the same', async () => {
    const { create, get } = server()
    const [first, second] = await Promise.all([
      create({ 'idempotency-key': 'k' }),
      create({ 'idempotency-key': 'k' }),
    ])
    expect(await first.json()).toEqual(await second.json())
    expect(await (await create({ 'idempotency-key': 'k' })).status).toBe(200)
    expect((await body<{ runs: [] }>(get('/api/runs'))).runs).toHaveLength(1)
    for (const key of ['', 'a b', 'x'.repeat(256)])
      expect(await errorOf(await create({ 'idempotency-key': key })), key).toEqual([400, 'input-invalid'])
  })

  test('is told to come again when too many wait', async () => {
    const { create, begin } = server({ runs: 1, queue: 1 }, { found: false })
    await begin()
    await begin()
    const answer = await create()
    expect(answer.headers.get('retry-after')).toBe('10')
    expect(await errorOf(answer)).toEqual([429, 'too-many-requests'])
  })

  test.each([
    ['is cancelled when its only caller goes away', {}, 'cancelled'],
    ['goes on when a caller with a key goes away', { 'idempotency-key': 'k' }, 'running'],
  ])('%s', async (_, headers, state) => {
    const { create, runs } = server({}, { found: false })
    const away = new AbortController()
    const answer = create(headers, { signal: away.signal })
    const only = async () => (await runs.list({ limit: 1 }))[0]
    await expect.poll(async () => (await only())?.state).toBe('running')
    away.abort()
    expect((await answer).status).toBe(499)
    await expect.poll(async () => (await only())?.state).toBe(state)
  })
})

describe('events of a run', () => {
  test('as lines with their numbers', async () => {
    const { begin, get } = server()
    const { id } = await begin()
    const events = await lines(await get(`/api/runs/${id}/events`))
    expect(events.map(({ id }) => id)).toEqual(events.map((_, at) => at + 1))
    expect(events.at(-1)?.event?.type).toBe('done')
    expect(await lines(await get(`/api/runs/${id}/events?after=2`))).toEqual(events.slice(2))
  })

  test('as server-sent events, resumed after the last one that was seen', async () => {
    const { begin, get } = server()
    const { id } = await begin()
    const sent = async (headers = {}) =>
      get(`/api/runs/${id}/events`, { accept: 'text/event-stream', ...headers })
    const answer = await sent()
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const [opening, ...all] = (await answer.text()).split('\n\n')
    expect([opening, all[0]]).toEqual([
      'retry: 2000',
      expect.stringMatching(/^id: 1\nevent: step\ndata: \{"time":"[^"]+","type":"step",.*\}$/),
    ])
    const rest = (await (await sent({ 'last-event-id': '2' })).text()).split('\n\n')
    expect(rest.slice(1)).toEqual(all.slice(2))
    const numbers = all.flatMap(text => /^id: (\d+)/.exec(text)?.[1] ?? [])
    expect((await sent({ 'last-event-id': numbers.at(-1) })).status).toBe(204)
    expect(await errorOf(await sent({ 'last-event-id': 'x' }))).toEqual([400, 'input-invalid'])
  })
})

describe('cancel', () => {
  test.each(['POST', 'DELETE'])('by %s, once', async method => {
    const { app, begin, runs } = server({}, { found: false })
    const { id } = await begin()
    const cancel = () => app.request(`/api/runs/${id}/cancel`, { method, headers: json })
    const answer = await cancel()
    expect([answer.status, await body(answer)]).toMatchObject([202, { cancelled: true }])
    await expect(runs.result(id)).rejects.toMatchObject({ code: 'cancelled' })
    const again = await cancel()
    expect([again.status, await body(again)]).toMatchObject([
      200,
      { cancelled: false, run: { state: 'cancelled' } },
    ])
  })
})

test('what is no run is not found, whatever it is called', async () => {
  const { app, get } = server()
  for (const name of ['20250408t160000z-00000000', 'x', '..%2f..%2frespaldo', '%00', 'open', '%E0%A4%A'])
    for (const path of [name, `${name}/events`])
      expect(await errorOf(await get(`/api/runs/${path}`)), path).toEqual([404, 'run-not-found'])
  const cancel = { method: 'DELETE', headers: host }
  expect(await errorOf(await app.request('/api/runs/x/cancel', cancel))).toEqual([404, 'run-not-found'])
})
