import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { Cluster, Context, User } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { RespaldoError } from '../errors.ts'

/** What says which cluster is meant. */
export interface ClusterOptions {
  /** KUBECONFIG and HOME; in a pod KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  variables: Readonly<Record<string, string | undefined>>
  /** Of the kubeconfig, instead of its current one. */
  context?: string | undefined
  /** Where a pod finds the token of its service account. */
  accountFolder?: string | undefined
}

/** Where the address of a cluster and the credentials for it stand. */
export type ClusterConfig =
  | { kind: 'kubeconfig'; files: readonly string[] }
  | { kind: 'account'; folder: string; server: string }

/**
 * A kubeconfig (KUBECONFIG, else ~/.kube/config), as for kubectl, else the service account of the pod that this runs in; undefined where there
 * is neither. Costs a look at the file system; nothing is read or contacted.
 */
export function findClusterConfig({ variables, accountFolder }: ClusterOptions): ClusterConfig | undefined {
  const files = kubeconfigs(variables).filter(existsSync)
  if (files.length > 0) return { kind: 'kubeconfig', files }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = variables
  const folder = accountFolder ?? '/var/run/secrets/kubernetes.io/serviceaccount'
  if (!host || !existsSync(join(folder, 'token'))) return undefined
  return { kind: 'account', folder, server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}` }
}

function kubeconfigs({ KUBECONFIG, HOME }: ClusterOptions['variables']): string[] {
  if (KUBECONFIG) return KUBECONFIG.split(delimiter).filter(Boolean)
  return [join(HOME || homedir(), '.kube/config')]
}

/** A cluster, and who asks it. */
export interface ChosenCluster {
  cluster: Cluster
  user: User | undefined
  namespace: string | undefined
}

/** Reads it anew each time; `config-invalid` when it leads to no cluster. Of the vendor's package only what is needed is loaded: all of it takes 80 MB. */
export async function openClusterConfig(options: ClusterOptions): Promise<ChosenCluster> {
  const config = findClusterConfig(options)
  if (!config) throw noConfig(options)
  return config.kind === 'account' ? ofAccount(config) : ofFiles(config.files, options)
}

function ofAccount({ folder, server }: { folder: string; server: string }): ChosenCluster {
  const name = 'service-account'
  const namespace = join(folder, 'namespace')
  return {
    cluster: { name, server, caFile: join(folder, 'ca.crt'), skipTLSVerify: false },
    // It expires within the hour and is renewed in its file.
    user: { name, authProvider: { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } } },
    namespace: existsSync(namespace) ? readFileSync(namespace, 'utf8').trim() : undefined,
  }
}

/** What several files say differently, the first decides, as for kubectl. */
async function ofFiles(files: readonly string[], options: ClusterOptions): Promise<ChosenCluster> {
  const { newClusters, newContexts, newUsers } = await import('@kubernetes/client-node/dist/config_types.js')
  const all = files.map(file => readFile(file, { newClusters, newContexts, newUsers }))
  const current = options.context ?? all.map(one => one.current).find(Boolean)
  const contexts = all.flatMap(one => one.contexts)
  const context = contexts.find(({ name }) => name === current)
  const cluster = all.flatMap(one => one.clusters).find(({ name }) => name === context?.cluster)
  if (!context || !cluster) throw noContext(contexts, options)
  const user = all.flatMap(one => one.users).find(({ name }) => name === context.user)
  return { cluster, user, namespace: context.namespace || undefined }
}

type Readers = Pick<
  typeof import('@kubernetes/client-node/dist/config_types.js'),
  'newClusters' | 'newContexts' | 'newUsers'
>

function readFile(file: string, { newClusters, newContexts, newUsers }: Readers) {
  const near = (path: string) => resolve(dirname(file), path)
  try {
    const config = parse(readFileSync(file, 'utf8')) ?? {}
    const clusters = newClusters(config.clusters)
    const users = newUsers(config.users)
    for (const one of clusters) if (one.caFile) one.caFile = near(one.caFile)
    for (const one of users) if (one.certFile) one.certFile = near(one.certFile)
    for (const one of users) if (one.keyFile) one.keyFile = near(one.keyFile)
    const current: string | undefined = config['current-context']
    return { current, contexts: newContexts(config.contexts), clusters, users }
  } catch (error) {
    // Without its cause and further lines, which quote what stands around the fault: it may be a token.
    const [why] = `${(error as Error).message}`.split('\n', 1)
    throw new RespaldoError('config-invalid', `The kubeconfig ${file} cannot be read: ${why}`, {
      hint: 'Look at it with `kubectl config view`.',
    })
  }
}

function noConfig({ variables: { KUBECONFIG } }: ClusterOptions): RespaldoError {
  const why = KUBECONFIG ? `KUBECONFIG names ${KUBECONFIG}, which does not exist` : 'there is no kubeconfig'
  return new RespaldoError(
    'environment-unavailable',
    `No cluster is known: ${why}, and this is no pod with a service account`,
    { hint: 'Set KUBECONFIG, or put a kubeconfig at ~/.kube/config.' },
  )
}

function noContext(contexts: readonly Context[], { context }: ClusterOptions): RespaldoError {
  const names = contexts.map(({ name }) => name)
  return new RespaldoError(
    'config-invalid',
    context === undefined
      ? 'The kubeconfig has no current context that leads to a cluster'
      : `The kubeconfig has no context ${context} that leads to a cluster`,
    {
      hint: `${names.length > 0 ? `There are: ${names.join(', ')}. ` : ''}Name one with --context, or with \`kubectl config use-context\`.`,
      context: { found: names },
    },
  )
}
