import { RespaldoError, toRespaldoError } from '#lib/errors'
import type { RunRecord } from '#lib/runs/record'
import { blockingFiring } from '#lib/schedule/blocking'
import type { Firing } from '#lib/schedule/firing'
import { type FiringRecord, openFiringRecord } from '#lib/schedule/firing-record'
import { type Before, followingInputs, sourcesOf } from '#lib/schedule/following'
import { sameWork } from '#lib/schedule/same-work'
import type { Schedule, Step } from '#lib/schedule/schedule'
import type { Parts } from './parts.ts'

/** A firing that this runner claimed. */
export interface ClaimedFiring {
  schedule: Schedule
  firing: Firing
  /** The moment that was claimed before it, if any was. */
  before: Date | undefined
}

/** Milliseconds until a full queue is asked again. */
const retryMilliseconds = 1_000

/** With these a run ends, or does not begin, because somebody wanted it so. */
const stopping: ReadonlySet<string> = new Set(['cancelled', 'runner-unavailable'])

/** Does what the schedule says, one run after the other as long as they succeed, and returns the firing at its end; never throws. */
export async function carryOut(claimed: ClaimedFiring, parts: Parts): Promise<Firing> {
  const { store, services, onProblem, stop } = parts
  const record = openFiringRecord(claimed.firing, { store, clock: services.clock, onProblem, stop })
  try {
    const blockedBy = await blocking(claimed, parts)
    if (blockedBy !== undefined)
      return await record.end({
        state: 'skipped',
        why: `the firing of ${blockedBy} still goes on`,
        blockedBy,
      })
    await allSteps(claimed, record, parts)
    return await record.end({ state: 'succeeded' })
  } catch (error) {
    const { code, message } = toRespaldoError(error)
    const state = stopping.has(code) ? 'cancelled' : 'failed'
    return record.end({ state, why: `${code}: ${message}` })
  }
}

function blocking(
  { schedule, before }: ClaimedFiring,
  { store, services, stop }: Parts,
): Promise<string | undefined> {
  const { clock, holder, isAlive } = services
  return blockingFiring(schedule.name, before, { store, clock, holder, isAlive, signal: stop })
}

async function allSteps(
  { schedule, firing }: ClaimedFiring,
  record: FiringRecord,
  parts: Parts,
): Promise<void> {
  let count = 0
  const run = (step: Step): Promise<Before> => {
    count += 1
    const idempotencyKey = `schedule/${firing.schedule}/${firing.at}/${count}`
    return parts.inTurn(sameWork(step), () =>
      oneRun(step, { name: schedule.name, idempotencyKey }, record, parts),
    )
  }
  const sources = sourcesOf(await run(schedule))
  for (const step of schedule.following) {
    const takesSource = 'source' in (parts.functions[step.function]?.input.shape ?? {})
    for (const input of followingInputs(step, { sources, takesSource })) await run({ ...step, input })
  }
}

async function oneRun(
  { function: called, input }: Step,
  { name, idempotencyKey }: { name: string; idempotencyKey: string },
  record: FiringRecord,
  parts: Parts,
): Promise<Before> {
  const request = { function: called, input, by: { origin: 'cron' as const, name }, idempotencyKey }
  const { id, ...started } = await startPatiently(request, parts)
  await record.add(id).catch(parts.onProblem) // the run goes on, and the next sign of life says it
  const result = await parts.runs.result(id)
  return { record: (await parts.runs.find(id)) ?? started, result }
}

/** A queue that is full has room again: the firing is claimed, and nobody else would do it. */
async function startPatiently(
  request: Parameters<Parts['runs']['start']>[0],
  { runs, services, stop }: Parts,
): Promise<RunRecord> {
  for (;;) {
    try {
      return (await runs.start(request)).record
    } catch (error) {
      if (!(error instanceof RespaldoError) || error.code !== 'too-many-requests') throw error
      await services.clock.sleep(retryMilliseconds, stop)
    }
  }
}
