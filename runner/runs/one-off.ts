import { toRespaldoError } from '#lib/errors'
import type { Report } from '#lib/events'
import type { RunRequest } from '#lib/runs/record'
import type { Services } from '#lib/services'
import { booksIfAny, openBooks } from './books.ts'
import { tellingPlace } from './execution.ts'
import { newRun, type Work } from './live.ts'
import { tendBooks } from './tending.ts'

/** Something that a command does. */
export type Called = (hands: { services: Services; report: Report; signal: AbortSignal }) => Promise<unknown>

/**
 * Does what a command asks for, and keeps it as a run where there is a repository, at the latest at its end. The command neither waits for
 * other runs nor fails when its run cannot be kept: that is a warning.
 */
export async function keptCall(
  asked: Pick<RunRequest, 'function' | 'input'>,
  keepDays: number,
  call: Called,
  { services, report, signal }: Parameters<Called>[0],
): Promise<unknown> {
  const open = openBooks(services, unkept(report))
  const request: RunRequest = { ...asked, by: { origin: 'cli' } }
  const run = newRun(request, services, async (record, events) => {
    const books = await booksIfAny(open).catch(() => undefined) // the command itself says what is wrong with the repository
    return books ? books.ledger.keep(record, events) : false
  })
  const work: Work = async ({ report: note, found, control }) => {
    const both: Report = event => {
      note(event)
      report(event)
    }
    try {
      const telling = tellingPlace(services, async ({ source }) => found(source.id))
      const either = AbortSignal.any([signal, control.signal])
      return { result: await call({ services: telling, report: both, signal: either }) }
    } catch (error) {
      return { error: toRespaldoError(error) }
    }
  }
  const stop = new AbortController()
  const live = new Map([[run.record().id, run]])
  const { clock } = services
  // What goes wrong beside the run is left to who looks next.
  const tended = tendBooks({ clock, open, live, keepDays, tell: () => {}, onProblem: () => {} }, stop.signal)
  const { outcome } = await run.carryOut(Promise.resolve(), work)
  stop.abort()
  await tended
  if ('error' in outcome) throw outcome.error
  return outcome.result
}

/** Tells the first thing that goes wrong; the others are likely to be the same. */
function unkept(report: Report): (error: unknown) => void {
  let told = false
  return error => {
    if (!told) report({ type: 'warning', message: `This run is not kept: ${toRespaldoError(error).message}` })
    told = true
  }
}
