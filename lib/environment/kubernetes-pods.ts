import type { V1Container, V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { RespaldoError } from '../errors.ts'
import type { Cluster } from './kubernetes-client.ts'
import { isCompanionImage, isServerImage } from './server-image.ts'

/** An object of the API as it comes: times are text there. */
type Json<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Json<T[K]> } : T
/** A pod as the API tells of it. */
export type PodJson = Json<V1Pod>
interface PodList {
  items: PodJson[]
  metadata?: { continue?: string }
}

/** What matters of a container of a pod. */
export interface PodContainer {
  name: string
  image: string
  /** Undefined until it started first; another one after each restart. */
  id: string | undefined
  isRunning: boolean
  /** Why it does not run: `CrashLoopBackOff`, `ImagePullBackOff`, … */
  reason: string | undefined
  /** The same as a sentence, where there is one. */
  message: string | undefined
  /** Variables whose values stand in the pod itself; those of Secrets are known only inside. */
  env: Readonly<Record<string, string>>
  argv: readonly string[]
  opens5432: boolean
}

/** What matters of a pod. */
export interface Pod {
  namespace: string
  name: string
  uid: string
  /** What it is called whatever its name is today: its own name, or its Deployment's where its name was generated. */
  workload: string
  /** Labels, and annotations, which beat them. */
  marks: Readonly<Record<string, string>>
  phase: string
  /** It is being deleted, or has ended. */
  isLeaving: boolean
  /** Why no node takes it. */
  unschedulable: string | undefined
  /** ISO 8601. */
  created: string | undefined
  containers: readonly PodContainer[]
  spec: PodJson['spec']
}

/** The label or annotation that makes a pod a source, and its value the source's id. `false` leaves a pod out. */
export const sourceMark = 'respaldo.dev/source'

/** The pods of a namespace, or of all. */
export async function listPods(
  cluster: Cluster,
  { namespace, selector }: { namespace: string | undefined; selector?: string | undefined },
  signal?: AbortSignal,
): Promise<Pod[]> {
  const pods: Pod[] = []
  let next: string | undefined
  do {
    const query = {
      limit: '500',
      ...(selector ? { labelSelector: selector } : {}),
      ...(next ? { continue: next } : {}),
    }
    const need = { verb: 'list', resource: 'pods', namespace } as const
    const { items, metadata } = await cluster.ask<PodList>(need, { query }, signal)
    pods.push(...items.map(readPod))
    next = metadata?.continue
  } while (next)
  return pods
}

/** `source-unreachable` when it is gone. */
export async function getPod(
  cluster: Cluster,
  { namespace, name }: { namespace: string; name: string },
  signal?: AbortSignal,
): Promise<Pod> {
  const need = { verb: 'get', resource: 'pods', namespace, name } as const
  return readPod(await cluster.ask<PodJson>(need, {}, signal))
}

/** Reads what the API tells of a pod. */
export function readPod({ metadata = {}, spec, status = {} }: PodJson): Pod {
  const { name = '', namespace = 'default', uid = '', labels, annotations, deletionTimestamp } = metadata
  const phase = status.phase ?? 'Unknown'
  return {
    namespace,
    name,
    uid,
    workload: workloadOf(metadata) ?? name,
    marks: { ...labels, ...annotations },
    phase,
    isLeaving: deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed',
    unschedulable: status.conditions?.find(({ reason }) => reason === 'Unschedulable')?.message,
    created: metadata.creationTimestamp,
    containers: (spec?.containers ?? []).map(container =>
      readContainer(
        container,
        status.containerStatuses?.find(one => one.name === container.name),
      ),
    ),
    spec,
  }
}

/** Pods of a Deployment get a name with each replacement; those of a StatefulSet keep theirs, and nobody else's names are generated. */
function workloadOf({ generateName, labels, ownerReferences }: NonNullable<PodJson['metadata']>) {
  const owner = ownerReferences?.find(({ controller }) => controller)
  if (!generateName || !owner || owner.kind === 'StatefulSet') return undefined
  const hash = labels?.['pod-template-hash']
  return owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`)
    ? owner.name.slice(0, -hash.length - 1)
    : owner.name
}

function readContainer(
  { name, image = '', env = [], command = [], args = [], ports = [] }: Json<V1Container>,
  status: Json<V1ContainerStatus> | undefined,
): PodContainer {
  const { running, waiting, terminated } = status?.state ?? {}
  const known = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]))
  return {
    name,
    image,
    id: status?.containerID || undefined,
    isRunning: running !== undefined,
    reason: waiting?.reason ?? terminated?.reason,
    message: waiting?.message ?? terminated?.message,
    env: Object.fromEntries(known),
    argv: [...command, ...args],
    opens5432: ports.some(({ containerPort }) => containerPort === 5432),
  }
}

/**
 * The container that is meant: the named one, else the only one that is PostgreSQL, else the pod's default one (kubectl's annotation), else the
 * only one. `source-not-found` and `input-invalid` name those there are.
 */
export function chooseContainer(
  { namespace, name, marks, containers }: Pick<Pod, 'namespace' | 'name' | 'marks' | 'containers'>,
  wanted?: string,
): PodContainer {
  const servers = containers.filter(one => serverReason(one) !== undefined)
  const byDefault = marks['kubectl.kubernetes.io/default-container']
  const chosen =
    wanted !== undefined
      ? containers.find(one => one.name === wanted)
      : (onlyOne(servers) ?? containers.find(one => one.name === byDefault) ?? onlyOne(containers))
  if (chosen) return chosen
  const names = containers.map(one => one.name)
  throw new RespaldoError(
    wanted === undefined ? 'input-invalid' : 'source-not-found',
    wanted === undefined
      ? `The pod ${namespace}/${name} has several containers: ${names.join(', ')}`
      : `The pod ${namespace}/${name} has no container ${wanted}`,
    { hint: `Choose one with --k8s-container: ${names.join(', ')}.`, context: { found: names } },
  )
}

const onlyOne = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined)

/** Why a container counts as a PostgreSQL server, or undefined. */
export function serverReason({ image, opens5432 }: PodContainer): string | undefined {
  if (isServerImage(image)) return `image ${image}`
  return opens5432 && !isCompanionImage(image) ? 'port 5432 is open' : undefined
}

/** Why a pod counts as a source, or undefined. */
export function reasonOf({ marks, containers }: Pick<Pod, 'marks' | 'containers'>): string | undefined {
  const mark = marks[sourceMark]
  if (mark === 'false') return undefined
  if (mark !== undefined) return `label ${sourceMark}${mark && `=${mark}`}`
  return containers.map(serverReason).find(Boolean)
}

/** Says in which way a container of a pod does not run, and what tells more. */
export function notRunning({ namespace, name, phase }: Pod, { name: container, reason }: PodContainer) {
  const state = reason ?? (phase === 'Running' ? 'its container does not run' : `it is ${phase}`)
  return new RespaldoError('source-unreachable', `The pod ${namespace}/${name} does not run: ${state}`, {
    hint: `kubectl describe pod -n ${namespace} ${name}, and kubectl logs -n ${namespace} ${name} -c ${container} --previous`,
    context: { phase, reason, container },
  })
}
