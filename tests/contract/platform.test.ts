import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { describe, expect, test } from 'vitest'
import { functions } from '#functions'
import { emptyServices } from '../doubles/services.ts'

type Event = Parameters<ReturnType<typeof handle>>[0]

const event = (method: string, body?: string): Event =>
  ({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: '',
    headers: { 'content-type': 'application/json', host: 'localhost' },
    requestContext: {
      http: { method, path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      domainName: 'localhost',
    },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body }),
  }) as unknown as Event

describe.each(Object.values(functions))('$name behind a platform adapter', ({ name, method, app }) => {
  test('answers as it does in the runner', async () => {
    const services = emptyServices()
    await services.repository({ create: true })
    const wrapped = new Hono().all('*', c => app.request('/', c.req.raw, services))
    const answer = await handle(wrapped)(event(method, method === 'POST' ? '{"nonsense":1}' : undefined))
    if (method === 'GET') expect(answer).toMatchObject({ statusCode: 200 })
    else
      expect([answer.statusCode, JSON.parse(answer.body)]).toMatchObject([
        400,
        { error: { code: 'input-invalid', message: expect.stringContaining('nonsense') } },
      ])
    expect(name).not.toBe('')
  })
})
