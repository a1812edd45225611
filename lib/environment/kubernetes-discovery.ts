import { RespaldoError, throwIfAborted } from '../errors.ts'
import type { Source } from './environment.ts'
import { withoutSharedLabels } from './found-sources.ts'
import type { Cluster } from './kubernetes-client.ts'
import type { FoundContainer, PodPlace } from './kubernetes-exec.ts'
import {
  chooseContainer,
  type Pod,
  type PodContainer,
  reasonOf,
  serverReason,
  sourceMark,
} from './kubernetes-pods.ts'
import { lookInside, readerIn } from './kubernetes-settings.ts'
import { namingVariables, readNames } from './server-settings.ts'
import { isSourceName, sourceId } from './source-id.ts'

/** A container of a pod that holds a source. */
export interface Found extends FoundContainer {
  reason: string
  /** Who PostgreSQL is in it. */
  uid: number | undefined
  /** Its default database. */
  database: string
  /** A label that names it and no other. */
  label: string | undefined
}

/** What makes a pod a candidate beside its looks. */
export interface Wishes {
  /** A selector chose it, so it is taken whatever it looks like. */
  isSelected: boolean
  container: string | undefined
}

/** The pods that look like PostgreSQL, by namespace and name. Those that vanish meanwhile are left out. */
export async function discover(
  cluster: Cluster,
  pods: readonly Pod[],
  wishes: Wishes,
  signal?: AbortSignal,
): Promise<Found[]> {
  const candidates = livingPods(pods).flatMap(pod => candidatesOf(pod, wishes))
  const found: Found[] = []
  for (let at = 0; at < candidates.length; at += 8) {
    throwIfAborted(signal)
    const some = candidates.slice(at, at + 8).map(one => describe(cluster, one, signal).catch(unlessVanished))
    for (const one of await Promise.all(some)) if (one) found.push(one)
  }
  const path = ({ pod, container }: Found) => `${pod.namespace}/${pod.workload}/${container.name}`
  return withoutSharedLabels(found).toSorted((a, b) => (path(a) < path(b) ? -1 : 1))
}

type Candidate = FoundContainer & { reason: string }

/** One container that is meant, whatever it looks like, because somebody named it. */
export function named(
  cluster: Cluster,
  pod: Pod,
  container: string | undefined,
  signal?: AbortSignal,
): Promise<Found> {
  const chosen = chooseContainer(pod, container)
  return describe(cluster, { pod, container: chosen, reason: reasonOf(pod) ?? 'it was named' }, signal)
}

/** Of a workload those that live, or the last that did. Several living ones go by their own names, so that no two are taken for one. */
export function livingPods(pods: readonly Pod[]): Pod[] {
  const workloads = Map.groupBy(pods, ({ namespace, workload }) => `${namespace}/${workload}`)
  return [...workloads.values()].flatMap(all => {
    const living = all.filter(({ isLeaving }) => !isLeaving)
    if (living.length > 1) return living.map(pod => ({ ...pod, workload: pod.name }))
    return living.length === 1 ? living : all.slice(-1)
  })
}

function candidatesOf(pod: Pod, { isSelected, container }: Wishes): Candidate[] {
  const reason = reasonOf(pod) ?? (isSelected ? 'the selector chose it' : undefined)
  if (reason === undefined) return []
  return containersOf(pod, container).map(container => ({ pod, container, reason }))
}

/** One, or where that cannot be told each that is a server. */
function containersOf(pod: Pod, wanted: string | undefined): PodContainer[] {
  try {
    return [chooseContainer(pod, wanted)]
  } catch {
    return wanted === undefined ? pod.containers.filter(one => serverReason(one) !== undefined) : []
  }
}

async function describe(cluster: Cluster, candidate: Candidate, signal?: AbortSignal): Promise<Found> {
  const { pod, container, reason } = candidate
  const place = placeOf(cluster, candidate)
  // Of what does not run only the pod itself tells something.
  const { variables, uid } = container.isRunning
    ? await lookInside(place, namingVariables, signal)
    : { variables: container.env, uid: undefined }
  const read = container.isRunning ? readerIn(place, signal) : async () => undefined
  const { database } = await readNames(variables, read)
  const found = { ...candidate, uid, database, label: undefined }
  const label = pod.marks[sourceMark]
  if (!label || label === 'true' || label === 'false') return found
  if (isSourceName(label)) return { ...found, label }
  return { ...found, reason: `${reason}, which cannot name a source` }
}

/** The container as it was found. */
export function placeOf(cluster: Cluster, found: FoundContainer): PodPlace {
  return { cluster, where: whereIs(found.pod.namespace, found.pod.name), find: async () => found }
}

/** For messages. */
export const whereIs = (namespace: string, pod: string): string => `in the pod ${namespace}/${pod}`

function unlessVanished(error: unknown): undefined {
  if (!(error instanceof RespaldoError) || error.code !== 'source-unreachable') throw error
}

/** The source of a found container; another database than its default one has an id of its own. A context that was chosen is part of it. */
export function sourceOf(found: Found, context: string | undefined, database = found.database): Source {
  const { pod, container, uid, label, reason } = found
  const place = {
    environment: 'kubernetes' as const,
    ...(context === undefined ? {} : { context }),
    namespace: pod.namespace,
    pod: pod.workload,
    ...(isByDefault(pod, container) ? {} : { container: container.name }),
    database,
  }
  return {
    id: sourceId(place, database === found.database ? label : undefined),
    kind: 'postgres',
    place: { ...place, image: container.image, ...(uid === undefined ? {} : { uid }) },
    state: container.isRunning ? 'running' : 'stopped',
    reason,
  }
}

function isByDefault(pod: Pod, { name }: PodContainer): boolean {
  const [only, ...others] = containersOf(pod, undefined)
  return only?.name === name && others.length === 0
}
