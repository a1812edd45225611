import type { V1ObjectMeta, V1Pod, V1PodSpec } from '@kubernetes/client-node'
import { systemClock } from '../clock.ts'
import { RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import type { Maker, ScratchWishes } from './environment.ts'
import type { Cluster } from './kubernetes-client.ts'
import { placeOf } from './kubernetes-discovery.ts'
import type { PodPlace } from './kubernetes-exec.ts'
import { getPod, listPods, type Pod, sourceMark } from './kubernetes-pods.ts'
import { isLeftover } from './leftover.ts'

/** The label of every pod that Respaldo makes for itself; its value says what for. */
export const madeLabel = 'respaldo.dev/made-for'
const makerAnnotation = 'respaldo.dev/maker'

/** After this a cluster ends such a pod by itself. */
const deadlineSeconds = 24 * 3600

/** Of a pod that Respaldo makes for itself: found again by its label, and by its maker when that is dead. */
export function madeMetadata(purpose: string, run: string, maker: Maker): V1ObjectMeta {
  return {
    name: `respaldo-${purpose}-${run}`,
    labels: { [madeLabel]: purpose, [sourceMark]: 'false' },
    annotations: { [makerAnnotation]: JSON.stringify(maker) },
  }
}

/** What the strictest of the cluster's own standards (Pod Security, restricted) asks for, and an end. */
export function restricted(user: number): { spec: Partial<V1PodSpec>; container: object } {
  return {
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
    container: {
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  }
}

/** A pod of Respaldo's own; disposing removes it, whatever became of it. */
export interface MadePod extends AsyncDisposable {
  place: PodPlace
}

/** Makes a pod and waits until it is ready, as `isReady` sees it once it runs. `environment-unavailable` with its last words when it never is. */
export async function openMadePod(
  cluster: Cluster,
  namespace: string,
  body: V1Pod,
  isReady: (place: PodPlace) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<MadePod> {
  const need = { verb: 'create', resource: 'pods', namespace } as const
  const name = body.metadata?.name ?? ''
  const remove = () => removePod(cluster, { namespace, name })
  try {
    await cluster.ask(need, { body }, signal)
    const place = await untilReady(cluster, { namespace, name }, isReady, signal)
    return { place, [Symbol.asyncDispose]: remove }
  } catch (error) {
    // Also when it is not known whether it was made. What cannot be removed now, the next one removes.
    await remove().catch(() => {})
    throw signal?.aborted ? toRespaldoError(signal.reason) : error
  }
}

const patienceMilliseconds = 180_000
/** What does not mend itself while one waits. */
const hopeless = /^(ImagePullBackOff|InvalidImageName|ErrImageNeverPull|CreateContainer(Config)?Error)$/

async function untilReady(
  cluster: Cluster,
  where: { namespace: string; name: string },
  isReady: (place: PodPlace) => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<PodPlace> {
  const begun = systemClock.monotonic()
  for (;;) {
    throwIfAborted(signal)
    const pod = await getPod(cluster, where, signal)
    const [container] = pod.containers
    if (!container || pod.isLeaving) throw await notStarted(cluster, pod, 'ended before it was ready')
    if (hopeless.test(container.reason ?? ''))
      throw await notStarted(cluster, pod, `cannot start: ${container.reason}, ${container.message}`)
    const place = placeOf(cluster, { pod, container })
    if (container.isRunning && (await isReady(place))) return place
    if (systemClock.monotonic() - begun > patienceMilliseconds)
      throw await notStarted(cluster, pod, `was not ready after ${patienceMilliseconds / 1000} s`)
    await systemClock.sleep(300, signal)
  }
}

async function notStarted(cluster: Cluster, pod: Pod, what: string): Promise<RespaldoError> {
  const lines = await lastLines(cluster, pod)
  const said = pod.unschedulable ?? lines.findLast(line => /FATAL|ERROR|error/.test(line)) ?? lines.at(-1)
  return new RespaldoError(
    'environment-unavailable',
    `The pod ${pod.namespace}/${pod.name}, of ${pod.containers[0]?.image}, ${what}${said ? `: ${said}` : ''}`,
    {
      hint: 'Its last lines are in the context. Look at the quotas and events of the namespace.',
      context: { log: lines, phase: pod.phase },
    },
  )
}

/** None where the account may not read them: they are only of help. */
async function lastLines(cluster: Cluster, { namespace, name }: Pod): Promise<string[]> {
  const need = { verb: 'get', resource: 'pods/log', namespace, name } as const
  const text = await cluster.ask<string>(need, { query: { tailLines: '20' } }).catch(() => '')
  return text.trim().split('\n').filter(Boolean)
}

/** One that is gone already is no failure. */
export async function removePod(
  cluster: Cluster,
  { namespace, name }: { namespace: string; name: string },
): Promise<void> {
  const need = { verb: 'delete', resource: 'pods', namespace, name } as const
  await cluster.ask(need, { query: { gracePeriodSeconds: '0' } }).catch(error => {
    if (!(error instanceof RespaldoError) || error.code !== 'source-unreachable') throw error
  })
}

/** Removes pods whose maker is dead, and those that the cluster ended of whose maker nothing is known. Those of living ones stay. */
export async function removeLeftovers(
  cluster: Cluster,
  namespace: string,
  { isAlive }: Pick<ScratchWishes, 'isAlive'>,
  signal?: AbortSignal,
): Promise<void> {
  const pods = await listPods(cluster, { namespace, selector: madeLabel }, signal)
  const now = systemClock.now().getTime()
  const dead = pods.filter(({ marks, phase, created }) => {
    const maker = parseMaker(marks[makerAnnotation])
    const hasEnded = phase === 'Failed' || phase === 'Succeeded'
    const ageSeconds = hasEnded || !created ? Number.POSITIVE_INFINITY : (now - Date.parse(created)) / 1000
    return maker !== undefined && isLeftover({ maker, ageSeconds }, isAlive)
  })
  await Promise.all(dead.map(pod => removePod(cluster, pod)))
}

/** Undefined for what is not Respaldo's own word: then the pod is somebody else's. */
function parseMaker(text: string | undefined): Maker | undefined {
  try {
    const maker: Maker = JSON.parse(text ?? '')
    return typeof maker.host === 'string' && typeof maker.startedAt === 'string' ? maker : undefined
  } catch {
    return undefined
  }
}
