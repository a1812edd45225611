import type { IncomingMessage } from 'node:http'
import type Docker from 'dockerode'
import { collect } from '#lib/bytes'
import { readLogs } from '../testbed/logs.ts'
import { type Refusal, refusal, refused } from './access.ts'
import type { TestCluster } from './cluster.ts'
import { isSelected, type PodJson, type StandInPod, shown, startPod, violations } from './pods.ts'
import type { Route } from './route.ts'

/** Says whether an answer is a refusal. */
export const isRefusal = (result: unknown): result is Refusal =>
  typeof result === 'object' && result !== null && 'code' in result && 'status' in result

/** What the API answers to a question about pods. */
export async function resultOf(
  cluster: TestCluster,
  docker: Docker,
  request: IncomingMessage,
  route: Route,
): Promise<object | string> {
  cluster.audit.push(`${request.method} ${request.url}`)
  const no = refused(request.headers.authorization, cluster.accounts, route)
  if (no) return no
  if (route.verb === 'list') return list(cluster, docker, route)
  if (route.verb === 'create') return create(cluster, docker, route, request)
  const pod = podOf(cluster, route)
  if (!pod) return notFound(route)
  if (route.resource === 'pods/log') return logOf(docker, pod)
  if (route.verb === 'delete') await remove(cluster, docker, pod)
  return shown(docker, pod).catch(() => pod.json)
}

async function logOf(docker: Docker, { containers }: StandInPod): Promise<string> {
  const [id] = Object.values(containers)
  return id === undefined ? '' : readLogs(docker.getContainer(id))
}

export const podOf = ({ pods }: TestCluster, { namespace, name }: Route): StandInPod | undefined =>
  pods.find(({ json: { metadata } }) => metadata?.namespace === namespace && metadata.name === name)

export const notFound = ({ name }: Route): Refusal => refusal(404, 'NotFound', `pods "${name}" not found`)

async function list(
  { pods, pageSize }: TestCluster,
  docker: Docker,
  { namespace, query }: Route,
): Promise<object> {
  const selected = pods.filter(
    ({ json }) =>
      (namespace === '' || json.metadata?.namespace === namespace) &&
      isSelected(json, query.get('labelSelector') ?? ''),
  )
  const from = Number(query.get('continue') ?? 0)
  const until = from + Math.min(pageSize, Number(query.get('limit') ?? pageSize))
  const items = await Promise.all(selected.slice(from, until).map(pod => shown(docker, pod)))
  const metadata = until < selected.length ? { continue: `${until}` } : {}
  return { kind: 'PodList', apiVersion: 'v1', metadata, items }
}

async function create(
  cluster: TestCluster,
  docker: Docker,
  { namespace }: Route,
  request: IncomingMessage,
): Promise<object> {
  const json: PodJson = JSON.parse((await collect(request)).toString())
  const name = json.metadata?.name ?? ''
  const found = violations(json)
  if (found.length > 0)
    return refusal(
      403,
      'Forbidden',
      `pods "${name}" is forbidden: violates PodSecurity "restricted:latest": ${found.join(', ')}`,
    )
  const container = await startPod(docker, json)
  const metadata = {
    ...json.metadata,
    namespace,
    uid: `uid-${name}`,
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const pod: StandInPod = {
    json: { ...json, metadata },
    containers: container === undefined ? {} : { [json.spec?.containers[0]?.name ?? '']: container },
  }
  cluster.pods.push(pod)
  return shown(docker, pod)
}

async function remove({ pods }: TestCluster, docker: Docker, pod: StandInPod): Promise<void> {
  pods.splice(pods.indexOf(pod), 1)
  for (const id of Object.values(pod.containers))
    await docker
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch(() => {})
}
