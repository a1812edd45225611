import type { Limits } from '#lib/config/limits'
import { RespaldoError } from '#lib/errors'
import type { FunctionApp } from '#lib/http/create-function'
import { checkInput } from '#lib/http/input'
import { askToCancel } from '#lib/runs/cancel-object'
import { claimedRun, type Key } from '#lib/runs/claim'
import { isOver, type NumberedEvent, type RunRecord, type RunRequest } from '#lib/runs/record'
import { listRuns, noSuchRun, readRun } from '#lib/runs/run-object'
import type { Services } from '#lib/services'
import type { Runs } from '../runs.ts'
import { booksIfAny, openBooks } from './books.ts'
import { keptEvents } from './elsewhere.ts'
import { execute } from './execution.ts'
import { type LiveRun, newRun, type Work } from './live.ts'
import { resultOf } from './result-of.ts'
import { slept, tendBooks } from './tending.ts'
import { openWaitingRoom, type Turn } from './waiting-room.ts'

/** What runs need of the world. */
export interface RunsOptions {
  services: Services
  limits: Limits
  functions: Readonly<Record<string, FunctionApp>>
  /** Told what went wrong with keeping runs, which fails none. */
  onProblem(error: unknown): void
}

/** The runs of this process, and what has to go on beside them. */
export interface OpenedRuns extends Runs {
  /** Gives signs of life, looks for dead runners and for who wants to cancel, and prunes; until it is stopped. */
  tend(stop: AbortSignal): Promise<void>
}

type Started = Awaited<ReturnType<Runs['start']>>

/** How long what was cancelled has to end when the process does. */
const endMilliseconds = 10_000

/** Opens the runs of this process; nothing is contacted before the first. */
export function openRuns({ services, limits, functions, onProblem }: RunsOptions): OpenedRuns {
  const { clock } = services
  const open = openBooks(services, onProblem)
  const room = openWaitingRoom(limits)
  const live = new Map<string, LiveRun>()
  const starting = new Map<string, Promise<Started>>()
  const listeners: Parameters<Runs['onEnd']>[0][] = []
  let accepting = true

  async function start(request: RunRequest): Promise<Started> {
    const app = functions[request.function]
    if (app?.method !== 'POST') throw noRun(request.function)
    checkInput(app, request.input, services.origin)
    const { idempotencyKey: key } = request
    if (key === undefined) return begin(request, app, undefined)
    return joined({ function: app.name, key }, one => begin(request, app, one))
  }

  /** Within this process repeated requests wait for the first, so that they take no place in the queue. */
  async function joined(key: Key, begin: (key: Key) => Promise<Started>): Promise<Started> {
    const name = JSON.stringify(key)
    const first = starting.get(name)
    if (first) return { ...(await first), repeated: true }
    const started = begin(key).finally(() => starting.delete(name))
    starting.set(name, started)
    return started
  }

  async function begin(request: RunRequest, app: FunctionApp, key: Key | undefined): Promise<Started> {
    const books = await open({ create: app.begins })
    const known = key && (await claimedRun(books.store, key))
    if (known !== undefined) return { record: await existing(known), repeated: true }
    if (!accepting) throw stopping()
    if (!room.hasRoom()) throw tooMany(limits)
    const run = newRun(request, services, books.ledger.keep)
    const record = run.record()
    const turn = room.enter(run.signal)
    live.set(record.id, run)
    const winner = await books.ledger.queue(record, key).catch(error => {
      abandon(record.id, turn)
      throw error
    })
    if (winner === record.id) {
      void carryOut(run, turn, hands =>
        execute({ ...hands, app, input: request.input, turn }, services, limits.maximumMinutes),
      )
      return { record: run.record(), repeated: false }
    }
    abandon(record.id, turn)
    return { record: await existing(winner), repeated: true }
  }

  function abandon(id: string, turn: Turn): void {
    live.delete(id)
    turn.leave()
  }

  async function carryOut(run: LiveRun, turn: Turn, work: Work): Promise<void> {
    const { outcome, kept } = await run.carryOut(turn.begun, work)
    if (kept) live.delete(run.record().id) // else only this process knows how it ended
    tell(run.record(), 'result' in outcome ? outcome.result : undefined)
    turn.leave()
  }

  function tell(record: RunRecord, result: unknown): void {
    for (const listener of listeners) {
      try {
        listener(record, result)
      } catch (error) {
        onProblem(error)
      }
    }
  }

  async function find(id: string): Promise<RunRecord | undefined> {
    const run = live.get(id)
    if (run) return run.record()
    const books = await booksIfAny(open)
    return books && readRun(books.store, id)
  }

  async function existing(id: string): Promise<RunRecord> {
    const record = await find(id)
    if (record) return record
    throw noSuchRun(id)
  }

  async function* events(id: string, after = 0, signal?: AbortSignal): AsyncGenerator<NumberedEvent> {
    const run = live.get(id)
    if (run) return yield* run.log.follow(after, signal)
    await existing(id)
    const { store } = await open({ create: false })
    yield* keptEvents(store, clock, { id, after, signal })
  }

  async function cancel(id: string, reason: string): Promise<boolean> {
    const record = await existing(id)
    if (isOver(record.state)) return false
    const run = live.get(id)
    if (run) run.cancel(new RespaldoError('cancelled', `The run was cancelled: ${reason}`))
    else await askToCancel((await open({ create: false })).store, id, reason)
    return true
  }

  async function drain(graceMilliseconds: number): Promise<void> {
    accepting = false
    const stopped = (why: string) => new RespaldoError('cancelled', `The runner stopped ${why}`)
    for (const run of live.values())
      if (run.record().state === 'queued') run.cancel(stopped('before the run began'))
    await emptied(graceMilliseconds)
    for (const run of live.values()) run.cancel(stopped('and the run had not ended within its grace'))
    await emptied(endMilliseconds)
  }

  async function emptied(withinMilliseconds: number): Promise<void> {
    const done = new AbortController()
    await Promise.race([room.emptied(), slept(clock, withinMilliseconds, done.signal)])
    done.abort()
  }

  return {
    start,
    result: (id, signal) => resultOf(events(id, 0, signal), { signal }),
    events,
    find,
    cancel,
    drain,
    async list(filter) {
      const books = await booksIfAny(open)
      const kept = books ? await listRuns(books.store, filter) : []
      return kept.map(record => live.get(record.id)?.record() ?? record)
    },
    onEnd: listener => void listeners.push(listener),
    facts: () => ({ ...room.facts(), limit: limits.runs }),
    tend: stop => tendBooks({ clock, open, live, keepDays: limits.keepDays, tell, onProblem }, stop),
  }
}

const noRun = (name: string): RespaldoError =>
  new RespaldoError('input-invalid', `${name} is no function that changes something`)

const stopping = (): RespaldoError =>
  new RespaldoError('runner-unavailable', 'This runner is stopping and takes no new runs', {
    hint: 'Ask again when it has been started anew.',
    context: { retryAfterSeconds: 30 },
  })

const tooMany = ({ runs, queue }: Limits): RespaldoError =>
  new RespaldoError('too-many-requests', `${runs} runs go on and ${queue} wait already`, {
    hint: 'Come again later, or set limits.runs or limits.queue in respaldo.yaml.',
    context: { retryAfterSeconds: 10 },
  })
