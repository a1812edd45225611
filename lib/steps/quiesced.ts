import type { VolumePlace } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located, LocatedWorkloads, Services } from '../services.ts'
import type { Store } from '../store/store.ts'
import { nobodyRests, type QuiesceRequest, quiesced, type Resting } from '../volumes/quiesce.ts'
import { planQuiesce } from '../volumes/quiesce-plan.ts'
import { type RecoveryWorld, recoverQuiesced } from '../volumes/recover-quiesced.ts'
import type { Client, Rest } from '../volumes/volume.ts'
import { recoverVolumes } from './unfinished-volumes.ts'

/** What a caller says of those who use what is read or written. */
export interface RestWish {
  stop?: boolean | undefined
  pause?: boolean | undefined
}

/** How those rest that no label tells how; undefined: they go on. */
export function askedRest({ stop, pause }: RestWish): Rest | undefined {
  if (stop && pause) throw new RespaldoError('input-invalid', 'stop and pause exclude each other')
  return stop ? 'stop' : pause ? 'pause' : undefined
}

/** Throws `input-invalid` before anything is begun, where nobody can be made to rest as it is asked. */
export function assertCanRest(
  asked: Rest | undefined,
  { environment }: Located,
  { services }: Context,
): void {
  if (asked !== undefined) services.workloads({ environment: environment.name })
}

/** Makes to rest who uses a volume: all where `asked` says so, else those whose labels do. `isWritten`: a pause would not be enough. */
export function quiescedUsers(
  volume: VolumePlace,
  { asked, isWritten }: { asked: Rest | undefined; isWritten: boolean },
  context: Context,
  { repository, operation }: { repository: Repository; operation: string },
): Promise<Resting> {
  const located = context.services.workloads({ environment: volume.environment })
  const clients: QuiesceRequest['clients'] = signal => located.workloads.usersOf(volume, signal)
  const wish = { asked, pauseIsEnough: !isWritten, spared: [] }
  return quiescedBy({ ...located, clients, wish }, context, { store: repository.store, operation })
}

/** Makes to rest who is labelled as a client of a database, if that is asked. The database's own container goes on. */
export async function quiescedClients(
  asked: Rest | undefined,
  context: Context,
  { located, repository, operation }: { located: Located; repository: Repository; operation: string },
): Promise<Resting> {
  if (asked === undefined) return nobodyRests
  const request = requestFor(asked, located, context)
  if ((await request.clients(context.signal)).length === 0) warn(context.report, noClients(located))
  return quiescedBy(request, context, { store: repository.store, operation })
}

/** Who would rest, as a sentence of a plan; none where that is not asked. */
export async function plannedClients(
  asked: Rest | undefined,
  context: Context,
  located: Located,
): Promise<string[]> {
  if (asked === undefined) return []
  const { clients, wish } = requestFor(asked, located, context)
  const { steps } = planQuiesce(await clients(context.signal), wish)
  const names = steps.map(({ client }) => client.workload.name)
  return names.length > 0
    ? [`Let ${names.join(', ')} rest from before the replacement until the end`]
    : [noClients(located).message]
}

function requestFor(asked: Rest, { environment, source }: Located, { services }: Context): QuiesceRequest {
  const located = services.workloads({ environment: environment.name })
  const container = source.place.container ?? source.place.pod
  const wish = { asked, pauseIsEnough: true, spared: container === undefined ? [] : [container] }
  return { ...located, clients: signal => clientsOf(namesOf(source), located, signal), wish }
}

/** What a label may call a database. */
const namesOf = ({ place, id }: Located['source']): string[] => [
  ...new Set([place.container ?? place.pod ?? id, id]),
]

function noClients({ source }: Located): { message: string; hint: string } {
  const names = namesOf(source)
  return {
    message: `Nothing is labelled as a client of ${names.join(' or ')}, so nothing rests`,
    hint: `Label those that use it with respaldo.client-of=${names[0]}.`,
  }
}

async function clientsOf(
  names: readonly string[],
  { workloads }: LocatedWorkloads,
  signal: AbortSignal,
): Promise<Client[]> {
  const byId = new Map<string, Client>()
  for (const name of names)
    for (const client of await workloads.clientsOf(name, signal)) byId.set(client.workload.id, client)
  return [...byId.values()]
}

/** See `quiesced`; the world is the function's. */
export function quiescedBy(
  request: QuiesceRequest,
  { services, report, signal }: Context,
  { store, operation }: { store: Store; operation: string },
): Promise<Resting> {
  const holder = { ...services.holder, function: operation }
  return quiesced(request, { ...worldOf(services, store), report, holder, run: services.newRun() }, signal)
}

/** Finishes what dead runs left of volumes, and brings back what they left at rest: see `recoverQuiesced`. */
export async function recoverLeft(
  services: Services,
  store: Store,
  how: Pick<RecoveryWorld, 'report' | 'patient'>,
  signal: AbortSignal,
): Promise<void> {
  await recoverVolumes({ services, report: how.report, signal }, store, how.patient)
  const holder = { ...services.holder, function: 'recovery' }
  const workloads: RecoveryWorld['workloads'] = place => services.workloads(place).workloads
  return recoverQuiesced(
    { ...worldOf(services, store), ...how, holder, workloads, newRun: services.newRun },
    signal,
  )
}

const worldOf = ({ clock, isAlive, quiesceLimitMilliseconds }: Services, store: Store) => ({
  store,
  clock,
  isAlive,
  limitMilliseconds: quiesceLimitMilliseconds,
})
