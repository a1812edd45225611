import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfiguredSource } from '../config.ts'
import { type Candidate, discovered, type Evidence } from '../environment/detect.ts'
import { directEnvironment } from '../environment/direct.ts'
import { type DockerAddress, dockerEnvironment, parseDockerHost } from '../environment/docker.ts'
import { embeddedEnvironment } from '../environment/embedded.ts'
import type { ShellEnvironment } from '../environment/environment.ts'
import {
  findClusterConfig,
  type KubernetesOptions,
  kubernetesEnvironment,
} from '../environment/kubernetes.ts'
import { scratchDatabase } from '../postgres/scratch.ts'
import { shellDatabase } from '../postgres/shell-database.ts'
import { splitStatements } from '../postgres/sql-split.ts'
import type { DatabaseEnvironment, Settings, Wanted } from '../services.ts'

/** `entry`: the one of the configuration that it is there for. */
export type ConfiguredCandidate = Candidate<DatabaseEnvironment> & { entry: ConfiguredSource | undefined }

/** In the order in which they count: flags, variables, configuration, containers of a reachable engine, pods of a reachable cluster. */
export function environments(wanted: Wanted, settings: Settings): ConfiguredCandidate[] {
  const { configuration, variables } = settings
  const found: ConfiguredCandidate[] = []
  const add = (
    environment: DatabaseEnvironment,
    why: string,
    evidence: Evidence = 'configuration',
    entry?: ConfiguredSource,
  ) => found.push({ environment, why, evidence, entry, available: signal => discovered(environment, signal) })
  const docker = () => dockerDatabases(variables)
  const direct = (reason: string, url?: string, name?: string) =>
    directDatabases(variables, { url, reason, name })
  const kubernetes = (entry?: ConfiguredSource) =>
    kubernetesDatabases(variables, entry ? podsOfEntry(entry) : podsWanted(wanted))
  const embedded = (folder: string, name?: string) => embeddedDatabase(folder, name)

  if (wanted.folder !== undefined) add(embedded(wanted.folder), '--folder names it', 'variables')
  if (wanted.url !== undefined) add(direct('--url', wanted.url), '--url names it', 'variables')
  if (namesPods(wanted)) add(kubernetes(), 'flags name its pods', 'variables')
  const variable = ['DATABASE_URL', 'PGHOST', 'PGHOSTADDR', 'PGSERVICE'].find(name => variables[name])
  if (variable) add(direct(variable, variables.DATABASE_URL), `${variable} is set`, 'variables')
  for (const entry of configuration.sources ?? []) {
    const { environment, folder, url, name } = entry
    const configure = (environment: DatabaseEnvironment) =>
      add(environment, inConfiguration, 'configuration', entry)
    if (environment === 'embedded' && folder !== undefined) configure(embedded(folder, name))
    if (environment === 'direct') configure(direct('respaldo.yaml', url, name))
    if (environment === 'docker') configure(docker())
    if (environment === 'kubernetes') configure(kubernetes(entry))
  }
  if (configuration.environment === 'docker') add(docker(), inConfiguration)
  if (configuration.environment === 'kubernetes') add(kubernetes(), inConfiguration)
  add(docker(), 'a Docker engine', 'discovery')
  if (namesPods(wanted)) return found
  if (findClusterConfig({ variables })) add(kubernetes(), 'a Kubernetes cluster', 'discovery')
  else add(kubernetes(), 'no kubeconfig, and no service account of a pod', 'none')
  return found
}

const inConfiguration = 'the configuration names it'

/** Those in containers of the engine that the variables name. */
export const dockerDatabases = (variables: Settings['variables']): DatabaseEnvironment =>
  withDatabases(dockerEnvironment(dockerAddress(variables)))

/** Those in pods of the cluster that the variables name. */
export const kubernetesDatabases = (variables: Settings['variables'], pods: Pods): DatabaseEnvironment =>
  withDatabases(kubernetesEnvironment({ ...pods, variables }))

/** Says whether the caller says which pods, or which cluster, are meant. */
export const namesPods = ({ pod, namespace, selector, context }: Wanted): boolean =>
  [pod, namespace, selector, context].some(Boolean)

type Pods = Omit<KubernetesOptions, 'variables'>

const podsWanted = ({ context, namespace, selector }: Wanted): Pods => ({
  context,
  namespaces: namespace === undefined ? undefined : [namespace],
  selector,
})

const podsOfEntry = ({ context, namespace, selector }: ConfiguredSource): Pods => ({
  context,
  namespaces: typeof namespace === 'string' ? [namespace] : namespace,
  selector,
})

/** Those of a server that is reached with the client tools of this machine. */
export const directDatabases = (
  variables: Settings['variables'],
  where: Omit<Parameters<typeof directEnvironment>[0], 'env'>,
): DatabaseEnvironment => withDatabases(directEnvironment({ ...where, env: variables }))

/** The one in a folder. */
export const embeddedDatabase = (folder: string, name?: string): DatabaseEnvironment =>
  embeddedEnvironment({ folder, name, statements: splitStatements })

/** Puts a shell and the database operations together. */
function withDatabases(environment: ShellEnvironment): DatabaseEnvironment {
  return {
    name: environment.name,
    sources: signal => environment.sources(signal),
    find: (target, signal) => environment.find(target, signal),
    database: source =>
      shellDatabase({
        shell: environment.shell(source),
        database: source.place.database,
        connect: () => environment.connection(source),
      }),
    scratch: async (wishes, signal) =>
      scratchDatabase(await environment.scratch(wishes, signal), wishes, signal),
  }
}

/** Where the variables say that the engine listens. */
export function dockerAddress({
  DOCKER_HOST,
  DOCKER_TLS_VERIFY,
  DOCKER_CERT_PATH,
}: Settings['variables']): DockerAddress {
  if (!DOCKER_HOST) return {}
  const address = parseDockerHost(DOCKER_HOST, { tls: Boolean(DOCKER_TLS_VERIFY) })
  if (!DOCKER_CERT_PATH || !DOCKER_TLS_VERIFY) return address
  const read = (name: string) => readFileSync(join(DOCKER_CERT_PATH, name), 'utf8')
  return { ...address, ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}
