import { RespaldoError } from '../errors.ts'
import type { Place } from './environment.ts'
import { choosePod } from './kubernetes-choice.ts'
import type { Cluster } from './kubernetes-client.ts'
import { livingPods, whereIs } from './kubernetes-discovery.ts'
import { podGone } from './kubernetes-errors.ts'
import type { PodPlace } from './kubernetes-exec.ts'
import { chooseContainer, getPod, listPods, notRunning, type Pod } from './kubernetes-pods.ts'

/** Where a source's commands run: in the pod that its workload has at that moment, among those that the selector chooses. */
export function sourcePlace(
  cluster: Cluster,
  { namespace, pod: wanted, container: chosen }: Place & { namespace: string; pod: string },
  selector: string | undefined,
): PodPlace {
  let last = wanted
  return {
    cluster,
    where: whereIs(namespace, wanted),
    async find(signal) {
      const pod = (await livingPod(last, signal)) ?? (await search(signal))
      last = pod.name
      const container = chooseContainer(pod, chosen)
      if (!container.isRunning) throw notRunning(pod, container)
      return { pod, container }
    },
  }

  /** One question instead of a list, which can be long. */
  async function livingPod(name: string, signal?: AbortSignal): Promise<Pod | undefined> {
    try {
      const pod = await getPod(cluster, { namespace, name }, signal)
      return pod.isLeaving ? undefined : pod
    } catch (error) {
      if (error instanceof RespaldoError && error.code === 'source-unreachable') return undefined
      throw error
    }
  }

  async function search(signal?: AbortSignal): Promise<Pod> {
    const pods = await listPods(cluster, { namespace, selector }, signal)
    const pod = choosePod(wanted, livingPods(pods)) ?? choosePod(wanted, pods)
    if (pod) return pod
    throw podGone(namespace, wanted)
  }
}
