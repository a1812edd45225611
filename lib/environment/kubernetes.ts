import { RespaldoError } from '../errors.ts'
import type { Place, ShellEnvironment, Source, Target } from './environment.ts'
import { bySourceId } from './found-sources.ts'
import { chooseOnly, choosePod, podNotFound } from './kubernetes-choice.ts'
import { type Cluster, kubernetesCluster } from './kubernetes-client.ts'
import type { ClusterOptions } from './kubernetes-config.ts'
import { discover, type Found, livingPods, named, sourceOf } from './kubernetes-discovery.ts'
import { shellIn } from './kubernetes-exec.ts'
import { sourcePlace } from './kubernetes-place.ts'
import { listPods, notRunning, type Pod } from './kubernetes-pods.ts'
import { kubernetesScratch } from './kubernetes-scratch.ts'
import { lookInside, readerIn } from './kubernetes-settings.ts'
import { connectingVariables, type Given, ownServer, portOf, readSettings } from './server-settings.ts'

export { findClusterConfig } from './kubernetes-config.ts'

/** Which cluster, and which of its pods. */
export interface KubernetesOptions extends ClusterOptions {
  /** By default that of the context or of the service account; `*` means all, which an account has to be allowed for the whole cluster. */
  namespaces?: readonly string[] | undefined
  /** Labels: `app=shop,role=primary`. What it chooses is a source whatever it looks like. */
  selector?: string | undefined
}

/**
 * PostgreSQL in the pods of one cluster. Commands run in the container itself, with its own client tools, which always fit.
 * A user and a password that `find` was given belong to the very object that it returned, and stand nowhere else.
 */
export function kubernetesEnvironment(options: KubernetesOptions): ShellEnvironment {
  const cluster = kubernetesCluster(options)
  const { context, selector } = options
  const placeOf = (source: Source) => sourcePlace(cluster, podOf(source), selector)
  const given = new WeakMap<Source, Given>()
  return {
    name: 'kubernetes',
    async *sources(signal) {
      const { pods } = await seen(cluster, options, {}, signal)
      const found = await discover(cluster, pods, wishesOf(options, {}), signal)
      yield* found.map(one => sourceOf(one, context))
    },
    async find(target, signal) {
      if (target.url !== undefined) throw noUrl()
      const { found, database } = await choose(cluster, options, target, signal)
      if (!found.container.isRunning) throw notRunning(found.pod, found.container)
      const source = sourceOf(found, context, target.database ?? database)
      given.set(source, { user: target.user, password: target.password })
      return source
    },
    shell: source => shellIn(placeOf(source)),
    async connection(source, signal) {
      const place = placeOf(source)
      const { container } = await place.find(signal)
      const { variables: env } = await lookInside(place, connectingVariables, signal)
      const settings = await readSettings(env, readerIn(place, signal))
      const server = { env, port: portOf(env, container.argv) }
      return ownServer(server, settings, given.get(source) ?? {}, source.place.database)
    },
    scratch: (wishes, signal) => kubernetesScratch(cluster, wishes, signal),
  }
}

interface Choice {
  found: Found
  /** Where the source's id says another one than the container's default. */
  database?: string
}

async function choose(
  cluster: Cluster,
  options: KubernetesOptions,
  target: Target,
  signal?: AbortSignal,
): Promise<Choice> {
  const { pods, namespaces } = await seen(cluster, options, target, signal)
  const byName = async (wanted: string) => {
    const pod = choosePod(wanted, livingPods(pods)) ?? choosePod(wanted, pods)
    if (!pod) throw podNotFound(wanted, namespaces, pods)
    return { found: await named(cluster, pod, target.k8sContainer, signal) }
  }
  if (target.pod !== undefined) return byName(target.pod)
  const found = await discover(cluster, pods, wishesOf(options, target), signal)
  const idOf = (one: Found, database?: string) => sourceOf(one, options.context, database).id
  if (target.source === undefined)
    return chooseOnly(
      found.map(one => ({ found: one, source: sourceOf(one, options.context) })),
      namespaces,
    )
  return bySourceId(found, target.source, idOf) ?? byName(target.source)
}

/** Where was looked, and all that is there. */
async function seen(
  cluster: Cluster,
  { namespaces: configured, selector }: KubernetesOptions,
  { namespace }: Target,
  signal?: AbortSignal,
): Promise<{ namespaces: readonly (string | undefined)[]; pods: Pod[] }> {
  const names = namespace !== undefined ? [namespace] : (configured ?? [await cluster.namespace()])
  const namespaces = names.includes('*') ? [undefined] : names
  const pods = await Promise.all(
    namespaces.map(namespace => listPods(cluster, { namespace, selector }, signal)),
  )
  return { namespaces, pods: pods.flat() }
}

const wishesOf = ({ selector }: KubernetesOptions, { k8sContainer }: Target) => ({
  isSelected: selector !== undefined,
  container: k8sContainer,
})

function podOf({ place }: Source): Place & { namespace: string; pod: string } {
  const { namespace, pod } = place
  if (namespace !== undefined && pod !== undefined) return { ...place, namespace, pod }
  throw new RespaldoError(
    'internal',
    `A source of ${place.environment} was given to the kubernetes environment`,
  )
}

function noUrl(): RespaldoError {
  return new RespaldoError('input-invalid', 'A pod is not named by an address', {
    hint: 'Give --pod instead of --url, or --environment direct with it.',
  })
}
