import { throwIfAborted } from '../errors.ts'
import { type ChosenCluster, type ClusterOptions, openClusterConfig } from './kubernetes-config.ts'
import { type Credentials, openCredentials } from './kubernetes-credentials.ts'
import { type Need, translateClusterError } from './kubernetes-errors.ts'
import { ask } from './kubernetes-request.ts'
import { type ExecSocket, openExecSocket } from './kubernetes-socket.ts'

/** The API of one cluster; every failure is a RespaldoError that names the verb and the resource. Nothing is opened before the first question. */
export interface Cluster {
  /** Of the context or the service account: where pods are that are named without one. */
  namespace(): Promise<string>
  /** Asks, for 10 seconds at most. Credentials that are refused are read again, once: tokens expire. The answer is JSON, of a log its text. */
  ask<T>(need: Need, how?: How, signal?: AbortSignal): Promise<T>
  /** Opens a connection to a command in a pod, within the same limit. */
  connect(need: Need, query: URLSearchParams, signal?: AbortSignal): Promise<ExecSocket>
}

interface How {
  query?: Readonly<Record<string, string>>
  body?: object
}

const limitMilliseconds = 10_000

interface Opened {
  chosen: ChosenCluster
  server: string
  credentials: Credentials
}

/** A cluster as the environment needs it. */
export function kubernetesCluster(options: ClusterOptions): Cluster {
  let opened: Promise<Opened> | undefined
  const open = () => {
    opened ??= openCluster(options).catch(error => {
      opened = undefined
      throw error
    })
    return opened
  }
  /** With credentials as they are now when the known ones are refused. */
  const renewing = async <T>(
    need: Need,
    send: (cluster: Opened, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      throwIfAborted(signal)
      const cluster = await open()
      const limit = AbortSignal.timeout(limitMilliseconds)
      try {
        return await send(cluster, signal ? AbortSignal.any([signal, limit]) : limit)
      } catch (error) {
        throwIfAborted(signal)
        if (attempt > 1 || (error as { code?: unknown }).code !== 401)
          throw translateClusterError(error, need, cluster.server, limit)
        opened = undefined
      }
    }
  }
  return {
    namespace: async () => (await open()).chosen.namespace ?? 'default',
    ask: <T>(need: Need, { query = {}, body }: How = {}, signal?: AbortSignal) =>
      renewing(
        need,
        async ({ server, credentials }, limited) => {
          const url = `${server}${pathOf(need)}?${new URLSearchParams(query)}`
          return (await ask({ method: methods[need.verb], url, body }, await credentials(), limited)) as T
        },
        signal,
      ),
    connect: (need, query, signal) =>
      renewing(
        need,
        async ({ server, credentials }, limited) =>
          openExecSocket(`${server}${pathOf(need)}?${query}`, await credentials(), limited),
        signal,
      ),
  }
}

async function openCluster(options: ClusterOptions): Promise<Opened> {
  const chosen = await openClusterConfig(options)
  return { chosen, server: chosen.cluster.server, credentials: await openCredentials(chosen) }
}

const methods = { get: 'GET', list: 'GET', create: 'POST', delete: 'DELETE' } as const

function pathOf({ resource, namespace, name }: Need): string {
  const [kind, part] = resource.split('/')
  const segments = [...(namespace === undefined ? [] : ['namespaces', namespace]), kind, name, part]
  const known = segments.filter(segment => segment !== undefined)
  return `/api/v1/${known.map(encodeURIComponent).join('/')}`
}
