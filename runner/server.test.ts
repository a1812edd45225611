import { describe, expect, test } from 'vitest'
import { functions } from '#functions'
import { testRuns } from '../tests/doubles/runs.ts'
import { emptyServices } from '../tests/doubles/services.ts'
import { directReads } from './reads/direct.ts'
import { openServer } from './server.ts'

const services = emptyServices()
await services.repository({ create: true })
const parts = { services, runs: testRuns({ services }), reads: directReads(services) }
const open = openServer({ ...parts, token: undefined, hosts: ['backup.example.org'] })
const guarded = openServer({ ...parts, token: 'secret', hosts: [] })

const host = { host: '127.0.0.1:8787' }
const json = { ...host, 'content-type': 'application/json' }
const post = (body: unknown, headers: Record<string, string> = json) => ({
  method: 'POST',
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const code = async (answer: Response) => [
  answer.status,
  ((await answer.json()) as { error: { code: string } }).error.code,
]

describe('server', () => {
  test('lists over HTTP', async () => {
    const answer = await open.request('/api/list', { headers: host })
    expect([answer.status, await answer.json()]).toEqual([200, { backups: [] }])
  })

  test('a Host that is neither a loopback name nor a configured one is refused', async () => {
    expect(await code(await open.request('/api/list', { headers: { host: 'evil.example' } }))).toEqual([
      403,
      'forbidden',
    ])
    for (const name of ['localhost:8787', '[::1]:8787', 'backup.example.org', 'Backup.Example.org:80'])
      expect((await open.request('/api/list', { headers: { host: name } })).status).toBe(200)
  })

  test('a POST needs a JSON content type', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
      expect(
        await code(await open.request('/api/create', post({}, { ...host, 'content-type': type }))),
      ).toEqual([400, 'input-invalid'])
  })

  test('what chooses files or machines is for the command line alone', async () => {
    for (const [name, app] of Object.entries(functions))
      for (const field of app.local) {
        const value = 'x'
        const answer =
          app.method === 'POST'
            ? await open.request(`/api/${name}`, post({ [field]: value }))
            : await open.request(`/api/${name}?${field}=${value}`, { headers: host })
        expect(await code(answer), `${name} ${field}`).toEqual([403, 'forbidden'])
      }
    expect(functions.restore!.local).toEqual(['url', 'environment', 'folder', 'context', 'file'])
  })

  test('unknown and wrong input is named, all at once', async () => {
    const answer = await open.request('/api/create', post({ containr: 'x', name: 5, dir: '/etc' }))
    const { error } = (await answer.json()) as { error: { code: string; message: string } }
    expect([answer.status, error.code]).toEqual([400, 'input-invalid'])
    for (const word of ['containr', 'name', 'dir']) expect(error.message).toContain(word)
  })

  test('malformed, odd and huge bodies are 400', async () => {
    for (const body of ['{', '[]', '"x"', 'null', `{"name":"${'x'.repeat(2_000_000)}"}`])
      expect((await open.request('/api/create', post(body))).status).toBe(400)
  })

  test('a token is demanded of everything but healthz', async () => {
    expect((await guarded.request('/healthz')).status).toBe(200)
    for (const authorization of ['', 'Bearer wrong', 'Basic secret', 'Bearer '])
      expect(await code(await guarded.request('/api/list', { headers: { ...host, authorization } }))).toEqual(
        [401, 'unauthorized'],
      )
    expect(
      (await guarded.request('/api/list', { headers: { ...host, authorization: 'Bearer secret' } })).status,
    ).toBe(200)
  })

  test('a wrong method and a wrong path say what is right', async () => {
    expect((await open.request('/api/list', post({}))).headers.get('allow')).toBe('GET')
    expect((await open.request('/api/nothing', { headers: host })).status).toBe(404)
  })

  test('a failing run has the status of its error; as events its last one is failed', async () => {
    expect(await code(await open.request('/api/create', post({})))).toEqual([503, 'environment-unavailable'])
    const answer = await open.request('/api/create', post({}, { ...json, accept: 'application/x-ndjson' }))
    const lines = (await answer.text()).trim().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      type: 'failed',
      error: { code: 'environment-unavailable' },
    })
  })
})
