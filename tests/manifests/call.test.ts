import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../k8s/base/schedules/endpoint/call.mjs', import.meta.url))

let server: Server
let folder: string
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'respaldo-call-'))
  await writeFile(join(folder, 'token'), 'the token\n')
  server = createServer((request, response) => answer(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

async function call(...args: string[]): Promise<{ exitCode: number | null; stdout: string }> {
  const { port } = server.address() as AddressInfo
  const env = { RESPALDO_URL: `http://127.0.0.1:${port}`, RESPALDO_TOKEN_FILE: join(folder, 'token') }
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  return { stdout: await text(child.stdout), exitCode: await ended }
}

test('a function is called as the server wants it, and its events are shown', async () => {
  let seen: object = {}
  answer = async (request, response) => {
    const { method, url, headers } = request
    seen = { method, url, headers, body: await text(request) }
    response.end('{"type":"step"}\n{"type":"done","result":{}}\n')
  }
  expect(await call('create', '{"name":"nightly"}')).toEqual({
    exitCode: 0,
    stdout: '{"type":"step"}\n{"type":"done","result":{}}\n',
  })
  expect(seen).toMatchObject({
    method: 'POST',
    url: '/api/create',
    headers: {
      accept: 'application/x-ndjson',
      authorization: 'Bearer the token',
      'content-type': 'application/json',
    },
    body: '{"name":"nightly"}',
  })
})

test.each([
  ['failed', '{"type":"step"}\n{"type":"failed","error":{"code":"command-failed"}}\n'],
  ['was refused', '{"error":{"code":"unauthorized"}}'],
  ['said nothing', ''],
  ['ended before its last word', '{"type":"step"}\n'],
])('a run that %s is a failure', async (_, body) => {
  answer = (_request, response) => response.end(body)
  expect(await call('create')).toMatchObject({ exitCode: 1 })
})

test('an answer that is cut is a failure', async () => {
  answer = (_request, response) => {
    response.write('{"type":"done","result":{}}\n', () => response.destroy())
  }
  expect(await call('create')).toMatchObject({ exitCode: 1 })
})

test('no server is a failure', async () => {
  const env = { RESPALDO_URL: 'http://127.0.0.1:1', RESPALDO_TOKEN_FILE: join(folder, 'token') }
  const child = spawn(process.execPath, [script, 'create'], { env, stdio: 'ignore' })
  expect(await new Promise(resolve => child.once('close', resolve))).toBe(1)
})
