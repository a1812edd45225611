import { type RespaldoError, toRespaldoError } from '#lib/errors'
import type { Report } from '#lib/events'
import { type EventLog, openEventLog } from '#lib/runs/event-log'
import type { Ledger } from '#lib/runs/ledger'
import { endedRecord, lastEvent, type Outcome } from '#lib/runs/outcome'
import type { RunRecord, RunRequest } from '#lib/runs/record'
import type { Services } from '#lib/services'

/** A run of this process that is not over, or was a moment ago. */
export interface LiveRun {
  /** As it stands now. */
  record(): RunRecord
  log: EventLog
  /** Ends it; the reason becomes its error. */
  cancel(reason: RespaldoError): void
  /** Notes how much memory the process has now. */
  sample(): void
  /** Waits for its turn and goes to its end; never throws. Nobody sees the last event before it is kept, if the store lets it. */
  carryOut(begun: Promise<void>, work: Work): Promise<{ outcome: Outcome; kept: boolean }>
  signal: AbortSignal
}

/** What a run does, once it may; never throws. */
export type Work = (hands: WorkHands) => Promise<Outcome>

/** What the work of a run is handed. */
export interface WorkHands {
  report: Report
  /** Told the source as soon as one was found. */
  found(source: string): void
  /** Ends it, with its reason. */
  control: AbortController
}

/** A run that was asked for and has not begun, and where it is kept. */
export function newRun(request: RunRequest, services: Services, keep: Ledger['keep']): LiveRun {
  const { clock } = services
  const control = new AbortController()
  const log = openEventLog(() => clock.now())
  let record = queuedRecord(request, services)
  let source: string | undefined
  let peakMemoryBytes = 0

  const sample = () => {
    peakMemoryBytes = Math.max(peakMemoryBytes, process.memoryUsage.rss())
  }

  async function begin(begun: Promise<void>): Promise<number> {
    await begun
    record = { ...record, state: 'running', started: clock.now().toISOString() }
    sample()
    await keep(record)
    return clock.monotonic()
  }

  async function carryOut(begun: Promise<void>, work: Work) {
    let began: number | undefined
    let outcome: Outcome
    try {
      began = await begin(begun)
      const found = (id: string) => {
        source = id
      }
      outcome = await work({ report: log.add, found, control })
    } catch (error) {
      outcome = { error: toRespaldoError(error) }
    }
    return { outcome, kept: await end(outcome, began) }
  }

  async function end(outcome: Outcome, began: number | undefined): Promise<boolean> {
    if (began !== undefined) sample()
    record = endedRecord(record, outcome, {
      finished: clock.now(),
      seconds: began === undefined ? undefined : (clock.monotonic() - began) / 1000,
      events: log.events(),
      source,
      peakMemoryBytes: began === undefined ? undefined : peakMemoryBytes,
    })
    const last = log.numbered(lastEvent(outcome))
    const kept = await keep(record, [...log.events(), last])
    log.append(last)
    return kept
  }

  return {
    record: () => record,
    log,
    cancel: reason => control.abort(reason),
    sample,
    carryOut,
    signal: control.signal,
  }
}

/** What confirms is no fact about a run, and a secret has no place in a record. */
const unkept = new Set(['confirm', 'password'])

/** The record of a run that was just asked for. */
export function queuedRecord(
  { function: name, input, by, idempotencyKey }: RunRequest,
  { clock, newRun, holder }: Services,
): RunRecord {
  return {
    format: 1,
    id: newRun(),
    function: name,
    input: Object.fromEntries(Object.entries(input).filter(([field]) => !unkept.has(field))),
    by,
    state: 'queued',
    queued: clock.now().toISOString(),
    warnings: [],
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    holder,
  }
}
