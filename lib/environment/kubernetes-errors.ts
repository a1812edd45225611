import { RespaldoError } from '../errors.ts'

/** What was asked of the API, in the words of its roles. */
export interface Need {
  verb: 'get' | 'list' | 'create' | 'delete'
  resource: 'pods' | 'pods/exec' | 'pods/log'
  /** Undefined: all of them. */
  namespace: string | undefined
  name?: string | undefined
}

/** What the client throws: with a number as code the API answered so, else it could not be reached. */
interface ClusterError extends Error {
  code?: number | string
  /** Of the answer. */
  body?: string
}

/** A failure of the API in Respaldo's words; `limit` is the signal that ends what takes too long. */
export function translateClusterError(
  error: unknown,
  need: Need,
  server: string,
  limit?: AbortSignal,
): RespaldoError {
  if (error instanceof RespaldoError) return error
  const { code, body = '' } = error as ClusterError
  if (typeof code !== 'number') return unreachable(error as ClusterError, server, limit)
  const said = messageOf(body)
  if (code === 403) return forbidden(said, need, error)
  if (code === 404 && need.name !== undefined && /^$|pods "/.test(said))
    return podGone(need.namespace, need.name, error)
  if (need.resource === 'pods/exec' && code !== 401) return noCommands(said, need, error)
  return new RespaldoError(
    'environment-unavailable',
    `The cluster at ${server} answered ${code}${said ? `: ${said}` : ''}`,
    {
      cause: error,
      hint:
        code === 401
          ? 'It does not accept the credentials of the kubeconfig or service account, or they have expired: log in again, or try `kubectl auth whoami`.'
          : `Try \`kubectl ${need.verb} ${need.resource}${inNamespace(need)}\`, and look at the events of the namespace.`,
    },
  )
}

function noCommands(said: string, { namespace, name }: Need, cause: unknown): RespaldoError {
  return new RespaldoError(
    'source-unreachable',
    `The pod ${namespace}/${name} takes no commands${said ? `: ${said}` : ''}`,
    { cause, hint: `kubectl describe pod -n ${namespace} ${name}` },
  )
}

/** The error of a pod that is not there, any more or at all. */
export function podGone(namespace: string | undefined, pod: string, cause?: unknown): RespaldoError {
  return new RespaldoError('source-unreachable', `The pod ${namespace}/${pod} is gone`, {
    cause,
    hint: `\`kubectl get pods -n ${namespace}\` shows what there is.`,
  })
}

/** The API's own words name verb and resource better than the question does: exec has changed its verb over the versions. */
function forbidden(said: string, need: Need, cause: unknown): RespaldoError {
  const [, verb = need.verb, resource = need.resource] = /cannot (\w+) resource "([^"]+)"/.exec(said) ?? []
  const where = need.namespace === undefined ? 'all namespaces' : `namespace ${need.namespace}`
  return new RespaldoError(
    'environment-unavailable',
    `The cluster does not allow to ${verb} ${resource} in ${where}${said ? `: ${said}` : ''}`,
    {
      cause,
      hint: `The account needs ${verb} on ${resource} in ${where}. Backups need get and list on pods and create on pods/exec.`,
      context: { verb, resource, namespace: need.namespace },
    },
  )
}

/** A Status has a message; a proxy answers in other words. */
function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    return typeof message === 'string' ? message : ''
  } catch {
    return body.trim().slice(0, 300)
  }
}

const inNamespace = ({ namespace }: Need): string => (namespace === undefined ? ' -A' : ` -n ${namespace}`)

function unreachable(error: ClusterError, server: string, limit: AbortSignal | undefined): RespaldoError {
  // A name may have several addresses, each with its own failure.
  const { code, message }: ClusterError = error instanceof AggregateError ? error.errors[0] : error
  const isTrust = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ALTNAME/.test(`${code}`)
  return new RespaldoError(
    'environment-unavailable',
    `The cluster at ${server} cannot be reached: ${limit?.aborted ? 'it did not answer in time' : message}`,
    {
      cause: error,
      hint: isTrust
        ? 'Its certificate is not vouched for: certificate-authority-data of the kubeconfig has to be that of the cluster.'
        : 'Try `kubectl cluster-info`; --context chooses another cluster.',
    },
  )
}
