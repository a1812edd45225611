import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '#lib/runs/record'
import { heldRepository, startServer } from './server-process.ts'

let repository: Awaited<ReturnType<typeof heldRepository>>
beforeAll(async () => {
  repository = await heldRepository()
})
afterAll(() => repository[Symbol.asyncDispose]())

/** Processes start and files are synced meanwhile; a busy machine must not turn that into a failure. */
const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 30_000 })

type Server = Awaited<ReturnType<typeof startServer>>

/** A run that goes on until its source is let go. */
async function beginHeld(server: Server): Promise<RunRecord> {
  const record = await server.begin('pin', { backup: repository.backup })
  await eventually(async () => (await server.run(record.id)).state).toBe('running')
  return record
}

describe('respaldo serve, real processes', () => {
  test('200 webhooks, each delivered to both of two servers at once, are exactly 200 runs', async () => {
    await using first = await startServer(repository, { runs: 20, queue: 400 })
    await using second = await startServer(repository, { runs: 20, queue: 400 })
    const deliver = async (server: Server, number: number) => {
      const headers = { 'idempotency-key': `delivery-${number}` }
      const answer = await server.post('/api/apply-retention', { dryRun: true }, headers)
      return [answer.status, answer.headers.get('x-respaldo-run')]
    }
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, number) => number).flatMap(number => [
        deliver(first, number),
        deliver(second, number),
      ]),
    )
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(([, id]) => id)).size).toBe(200)
    const listed = await first.call('/api/runs?function=apply-retention&limit=1000')
    const { runs } = (await listed.json()) as { runs: RunRecord[] }
    expect(runs.map(({ state }) => state)).toEqual(Array(200).fill('succeeded'))
  })

  test('the run of a server that was killed is marked by the next one', async () => {
    await using _lease = disposable(await repository.hold())
    await using killed = await startServer(repository)
    const { id } = await beginHeld(killed)
    killed.kill('SIGKILL')
    await killed.finished
    await using next = await startServer(repository)
    await eventually(() => next.run(id)).toMatchObject({
      state: 'interrupted',
      error: { code: 'runner-unavailable' },
    })
    const events = await next.call(`/api/runs/${id}/events`)
    expect(JSON.parse(await events.text())).toMatchObject({ event: { type: 'failed' } })
  })

  test('SIGTERM lets what goes on end, answers who waits for it, and ends with 0', async () => {
    const lease = await repository.hold()
    await using _lease = disposable(lease)
    await using server = await startServer(repository)
    const waits = server.post('/api/pin', { backup: repository.backup })
    await eventually(async () => states(server)).toContain('running')
    server.kill('SIGTERM')
    await eventually(async () => (await server.post('/api/pin', { backup: repository.backup })).status).toBe(
      503,
    )
    await lease.release()
    const answer = await waits
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { source: 'pc_db', id: repository.backup, pinned: true },
    ])
    expect((await server.finished).exitCode).toBe(0)
  })

  test('SIGTERM cancels what goes on after the grace, and ends with 0', async () => {
    await using _lease = disposable(await repository.hold())
    await using server = await startServer(repository, { graceSeconds: 0.2 })
    const waits = server.post('/api/pin', { backup: repository.backup })
    await eventually(async () => states(server)).toContain('running')
    server.kill('SIGTERM')
    const answer = await waits
    expect([answer.status, await answer.json()]).toMatchObject([499, { error: { code: 'cancelled' } }])
    expect((await server.finished).exitCode).toBe(0)
    await using next = await startServer(repository)
    expect(await states(next)).not.toContain('running')
  })

  test('a browser that lost the connection gets every step once, whenever it comes back', async () => {
    const lease = await repository.hold()
    await using _lease = disposable(lease)
    await using server = await startServer(repository)
    const { id } = await beginHeld(server)
    const first = await sentEvents(server, id, undefined, 1)
    await lease.release()
    const rest = await sentEvents(server, id, first.at(-1)?.id)
    expect(first).toMatchObject([{ id: '1', type: 'step' }])
    expect(rest.at(-1)).toMatchObject({ type: 'done' })
    const kept = (await (await server.call(`/api/runs/${id}/events`)).text()).trim().split('\n')
    expect([...first, ...rest].map(({ id }) => Number(id))).toEqual(
      kept.map(line => (JSON.parse(line) as { id: number }).id),
    )
  })

  test('a caller that hangs up cancels its run', async () => {
    await using _lease = disposable(await repository.hold())
    await using server = await startServer(repository)
    const away = new AbortController()
    const call = server.call('/api/pin', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ backup: repository.backup }),
      signal: away.signal,
    })
    await eventually(async () => states(server)).toContain('running')
    away.abort()
    await expect(call).rejects.toThrow()
    await eventually(async () => (await newest(server)).error?.message).toMatch(/its caller went away/)
  })
})

const disposable = (lease: { release(): Promise<void> }) => ({ [Symbol.asyncDispose]: () => lease.release() })

async function listed(server: Server): Promise<RunRecord[]> {
  return ((await (await server.call('/api/runs?function=pin')).json()) as { runs: RunRecord[] }).runs
}
const states = async (server: Server) => (await listed(server)).map(({ state }) => state)
const newest = async (server: Server) =>
  (await listed(server)).sort((a, b) => (a.queued < b.queued ? 1 : -1))[0]!

/** Reads server-sent events from behind that one, as a browser does; so many, or to the end. */
async function sentEvents(
  server: Server,
  id: string,
  last: string | undefined,
  count = Number.POSITIVE_INFINITY,
) {
  const away = new AbortController()
  const headers = { accept: 'text/event-stream', ...(last ? { 'last-event-id': last } : {}) }
  const answer = await server.call(`/api/runs/${id}/events`, { headers, signal: away.signal })
  const events: { id: string | undefined; type: string | undefined }[] = []
  let text = ''
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text.slice(0, end))?.[1]
      if (field('id')) events.push({ id: field('id'), type: field('event') })
      text = text.slice(end + 2)
    }
    if (events.length >= count) break
  }
  away.abort()
  return events
}
