import type { Clock } from '#lib/clock'
import { RespaldoError, throwIfAborted, toRespaldoError } from '#lib/errors'
import type { FunctionApp } from '#lib/http/create-function'
import type { Outcome } from '#lib/runs/outcome'
import type { Located, Services } from '#lib/services'
import { invoke, outcome } from '../invoke.ts'
import type { WorkHands } from './live.ts'
import type { Turn } from './waiting-room.ts'

/** One call of a function. */
export interface Execution extends WorkHands {
  app: FunctionApp
  input: Readonly<Record<string, unknown>>
  turn: Turn
}

/** Calls the function and returns what came of it; never throws. The command beside a database ends when the signal is aborted. */
export async function execute(
  execution: Execution,
  services: Services,
  maximumMinutes: number,
): Promise<Outcome> {
  const { app, report, control } = execution
  const over = new AbortController()
  timeOut(control, { clock: services.clock, minutes: maximumMinutes, over: over.signal })
  try {
    throwIfAborted(control.signal) // while it waited for its turn, or was kept as running
    const answer = await invoke(app, followed(services, execution), {
      input: waiting(execution),
      events: true,
      signal: control.signal,
    })
    return { result: await outcome(answer, report) }
  } catch (error) {
    return { error: toRespaldoError(error) }
  } finally {
    over.abort()
  }
}

/** What can wait for a busy source does, unless the caller said otherwise. */
const waiting = ({ app, input }: Execution) => ('wait' in app.input.shape ? { wait: true, ...input } : input)

/** Services that tell where the run works. One that would wait for its source anyway waits in the order of runs, where it takes no place. */
function followed(services: Services, { app, input, turn, found }: Execution): Services {
  const holds = 'wait' in app.input.shape && input.wait !== false && input.dryRun !== true
  return tellingPlace(services, async ({ environment, source }) => {
    found(source.id)
    if (holds) await turn.at({ environment: environment.name, source: source.id })
  })
}

/** Services that tell the first source that is found with them, and wait for who is told. */
export function tellingPlace(services: Services, tell: (located: Located) => Promise<void>): Services {
  let told = false
  return {
    ...services,
    async locate(wanted, signal) {
      const located = await services.locate(wanted, signal)
      if (!told) {
        told = true
        await tell(located)
      }
      return located
    },
  }
}

function timeOut(
  control: AbortController,
  { clock, minutes, over }: { clock: Clock; minutes: number; over: AbortSignal },
): void {
  const tooLong = () =>
    control.abort(
      new RespaldoError('timed-out', `The run took longer than the ${minutes} minutes that it is allowed`, {
        hint: 'Set limits.maximumMinutes in respaldo.yaml if that is too short.',
      }),
    )
  clock.sleep(minutes * 60_000, over).then(tooLong, () => {}) // aborted: it was over before
}
