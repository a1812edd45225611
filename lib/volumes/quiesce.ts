import { throwIfAborted } from '../errors.ts'
import { warn } from '../events.ts'
import { type OpenEntry, openEntry } from '../repository/journal.ts'
import type { Holder } from '../repository/lease-object.ts'
import { bringBack, type ResumeWorld } from './bring-back.ts'
import { type Claims, readClaims, untilNobodyResumes } from './claims.ts'
import { planQuiesce, type QuiesceStep, type QuiesceWish, stronger } from './quiesce-plan.ts'
import type { Client, Halted, Workloads, WorkloadsPlace } from './volume.ts'

/** Who is to rest. */
export interface QuiesceRequest {
  place: WorkloadsPlace
  workloads: Workloads
  /** Those in question, as they are now; asked again when another run came between. */
  clients(signal: AbortSignal): Promise<readonly Client[]>
  wish: QuiesceWish
}

/** What quiescing needs of the world. */
export interface QuiesceWorld extends ResumeWorld {
  /** An id that no other call has. */
  run: string
  holder: Holder
}

/** What rests until it is brought back. Disposing does so, too, and throws what failed at it. */
export interface Resting extends AsyncDisposable {
  /** Names of those at rest, in the order in which they came to it. */
  readonly names: readonly string[]
  /** Brings all back, as soon as what they use has been read or written. Once, whatever happens, and without being aborted; never throws. */
  resume(): Promise<void>
  /** Leaves all at rest in place of bringing them back, for the next run. Never throws. */
  leave(): Promise<void>
}

/** Where nobody has to rest. */
export const nobodyRests: Resting = {
  names: [],
  resume: async () => {},
  leave: async () => {},
  [Symbol.asyncDispose]: async () => {},
}

/**
 * Makes to rest who uses something, with a journal on the repository's store from before the first is halted until after the last is back:
 * when this process dies, the next run goes on with it (`recoverQuiesced`).
 *
 * Several runs may need the same workload at rest. Each writes its entry, `resting`, before it looks at those of others, and turns it to
 * `resuming` before it looks again and starts anything. So of two, one at least sees the other: who resumes leaves a workload at rest to a
 * run that still needs it, and who begins waits until nobody is about to start it. What another run halted counts as running.
 */
export async function quiesced(
  request: QuiesceRequest,
  world: QuiesceWorld,
  signal: AbortSignal,
): Promise<Resting> {
  let claims = await readClaims(world.store)
  for (;;) {
    const clients = await request.clients(signal)
    const running = clients.map(client => ({
      ...client,
      running: client.running || isClaimed(client, claims),
    }))
    const { steps } = planQuiesce(running, request.wish)
    if (steps.length === 0) return nobodyRests
    const own = await written(steps, claims, request, world, signal)
    const resting = keeping(own, request, world)
    try {
      const now = await readClaims(world.store, own.key)
      const isOverlooked = (client: Client) =>
        !client.running && isClaimed(client, now) && !isClaimed(client, claims)
      claims = new Map([...claims, ...now])
      if (!clients.some(isOverlooked)) {
        await restAll(steps, clients, own, { request, world }, signal)
        resting.isComplete = true
        return resting
      }
    } catch (error) {
      await resting.resume() // what it fails at has been told
      throw error
    }
    await resting.resume()
  }
}

const isClaimed = ({ workload }: Client, claims: Claims): boolean => claims.has(workload.id)

/** The entry of those who are about to rest, in the journal. */
async function written(
  steps: readonly QuiesceStep[],
  claims: Claims,
  { place, workloads }: QuiesceRequest,
  { store, clock, run, holder }: QuiesceWorld,
  signal: AbortSignal,
): Promise<OpenEntry> {
  const halted: Halted[] = []
  for (const { client, rest } of steps) {
    if (rest === undefined) continue
    // One that is at rest already would be remembered as such.
    const claim = claims.get(client.workload.id)
    halted.push(
      claim
        ? { ...claim, rest: stronger(claim.rest, rest) }
        : await workloads.remember(client.workload, rest, signal),
    )
  }
  const after = steps
    .filter(({ client }) => client.execAfter !== undefined)
    .map(({ client }) => client.workload)
  return openEntry(store, clock, { run, holder, place, state: 'resting', halted, after })
}

/** `isComplete`: all of them came to rest, and are expected to be found so. */
function keeping(
  own: OpenEntry,
  { workloads }: QuiesceRequest,
  world: QuiesceWorld,
): Resting & { isComplete: boolean } {
  let resuming: ReturnType<typeof bringBack> | undefined
  async function comeBack() {
    if (resting.isComplete) await warnOfStarted(own.entry.halted, workloads, world)
    return bringBack(own, workloads, world)
  }
  const resume = () => {
    resuming ??= comeBack()
    return resuming
  }
  const resting = {
    isComplete: false,
    names: own.entry.halted.map(({ workload }) => workload.name),
    resume: async () => void (await resume()),
    async leave() {
      resuming ??= Promise.resolve(undefined)
      await own.leave(own.entry)
    },
    async [Symbol.asyncDispose]() {
      const failure = await resume()
      if (failure) throw failure
    },
  }
  return resting
}

/** A person, or whatever else looks after containers, may start one meanwhile. */
async function warnOfStarted(
  halted: readonly Halted[],
  workloads: Workloads,
  { report }: QuiesceWorld,
): Promise<void> {
  for (const { workload } of halted) {
    const now = await workloads.look(workload).catch(() => undefined) // what cannot be asked is found out by starting it
    if (now?.running)
      warn(report, {
        message: `${workload.name} was started by somebody else while it was to rest`,
        hint: 'What it wrote meanwhile may be in part in what was read. Run it again, if that matters.',
      })
  }
}

/** First all commands, while everybody still runs; then one after the other comes to rest. */
async function restAll(
  steps: readonly QuiesceStep[],
  clients: readonly Client[],
  own: OpenEntry,
  { request: { workloads }, world }: { request: QuiesceRequest; world: QuiesceWorld },
  signal: AbortSignal,
): Promise<void> {
  const { halted } = own.entry
  await untilNobodyResumes(new Set(halted.map(({ workload }) => workload.id)), world, own.key, signal)
  const { report, limitMilliseconds } = world
  const runs = new Set(clients.filter(({ running }) => running).map(({ workload }) => workload.id))
  for (const { client } of steps) {
    const { workload, execBefore } = client
    if (execBefore === undefined || !runs.has(workload.id)) continue
    report({ type: 'step', step: 'quiesce', message: `Running ${workload.name}'s own command before` })
    await workloads.run(workload, execBefore, { limitMilliseconds }, signal)
  }
  for (const one of halted) {
    throwIfAborted(signal)
    const doing = one.rest === 'pause' ? 'Pausing' : 'Stopping'
    report({ type: 'step', step: 'quiesce', message: `${doing} ${one.workload.name}` })
    await workloads.halt(one, signal)
  }
}
