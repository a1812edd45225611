import { RespaldoError, toRespaldoError } from '../errors.ts'
import { type Report, warn } from '../events.ts'
import type { OpenEntry } from '../repository/journal.ts'
import type { EntryWatch } from '../repository/journal-watch.ts'
import { patiently } from '../repository/lease-times.ts'
import { neededAtRest } from './claims.ts'
import { restartCommand } from './restart-command.ts'
import type { Halted, Workload, Workloads } from './volume.ts'

/** What bringing workloads back needs of the world. */
export interface ResumeWorld extends EntryWatch {
  report: Report
  /** How long each may take to run and to be healthy, and a command of a label to end. */
  limitMilliseconds: number
  /** Key of the entry of a dead run that is gone on with. */
  dead?: string
}

interface Failure {
  workload: Workload
  /** Set when it is still at rest. */
  halted: Halted | undefined
  error: RespaldoError
}

/**
 * Brings back what an entry of the journal names, in the opposite order, and runs the commands for afterwards; one that fails stops no other.
 * The store may fail too: nothing stays at rest for that. What another run needs at rest is left to it. The entry goes, or is left to the next
 * run for what is still at rest. Returns the failure, which has been told, and never throws.
 */
export async function bringBack(
  own: OpenEntry,
  workloads: Workloads,
  world: ResumeWorld,
  signal?: AbortSignal,
): Promise<RespaldoError | undefined> {
  const { halted, after } = own.entry
  // First the announcement, then the look: who wants one of these at rest meanwhile sees this, or is seen.
  await patiently(world.clock, own.change({ state: 'resuming' }))
  const ids = new Set([...halted.map(({ workload }) => workload.id), ...after.map(({ id }) => id)])
  const needed = await neededAtRest(ids, world, [own.key, world.dead]).catch(() => new Set<string>())
  const mine = halted.filter(({ workload }) => !needed.has(workload.id))
  const failures = await resumed(mine, workloads, world, signal)
  const asleep = failures.flatMap(({ halted }) => halted ?? [])
  const isAsleep = ({ id }: Workload) => asleep.some(({ workload }) => workload.id === id)
  const awake = after.filter(workload => !needed.has(workload.id) && !isAsleep(workload))
  failures.push(...(await ranAfter(awake, workloads, world, signal)))
  if (asleep.length === 0) await own.clear()
  else
    await own.leave({
      halted: halted.filter(({ workload }) => isAsleep(workload)),
      after: after.filter(isAsleep),
    })
  if (failures.length === 0) return undefined
  const failure = notBack(failures)
  warn(world.report, failure)
  return failure
}

async function resumed(
  halted: readonly Halted[],
  workloads: Workloads,
  { report, limitMilliseconds }: ResumeWorld,
  signal?: AbortSignal,
): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const one of halted.toReversed()) {
    const { workload } = one
    report({ type: 'step', step: 'resume', message: `Starting ${workload.name} again` })
    try {
      await workloads.resume(one, { limitMilliseconds }, signal)
    } catch (cause) {
      const isAsleep = await isStillAsleep(workload, workloads)
      failures.push({ workload, halted: isAsleep ? one : undefined, error: toRespaldoError(cause) })
    }
  }
  return failures
}

/** One that runs but is not healthy was started, and one that is gone cannot be. Where it cannot be told, it may be. */
async function isStillAsleep(workload: Workload, workloads: Workloads): Promise<boolean> {
  return workloads.look(workload).then(
    client => client?.running === false,
    () => true,
  )
}

/** The command is read from the label now: what stands in a repository is never run in a container. */
async function ranAfter(
  after: readonly Workload[],
  workloads: Workloads,
  { limitMilliseconds }: ResumeWorld,
  signal?: AbortSignal,
): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const workload of after.toReversed()) {
    try {
      const client = await workloads.look(workload, signal)
      if (client?.running && client.execAfter !== undefined)
        await workloads.run(workload, client.execAfter, { limitMilliseconds }, signal)
    } catch (cause) {
      failures.push({ workload, halted: undefined, error: toRespaldoError(cause) })
    }
  }
  return failures
}

function notBack(failures: readonly Failure[]): RespaldoError {
  const [first] = failures as [Failure, ...Failure[]]
  const asleep = failures.flatMap(({ halted }) => halted ?? [])
  const commands = asleep.map(halted => `\`${restartCommand(halted)}\``)
  const reasons = failures.map(({ workload, error }) => `${workload.name} (${error.message})`)
  return new RespaldoError(first.error.code, `Not everything is back as it was: ${reasons.join('; ')}`, {
    hint:
      asleep.length === 0
        ? first.error.hint
        : `Still at rest: start with ${commands.join(', ')}. The next run on this repository tries again.`,
    cause: first.error,
    context: {
      stopped: asleep.map(halted => ({ name: halted.workload.name, command: restartCommand(halted) })),
    },
  })
}
