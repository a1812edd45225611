import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent, type RequestOptions } from 'node:https'
import type { User } from '@kubernetes/client-node'
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js'
import { RespaldoError } from '../errors.ts'
import type { ChosenCluster } from './kubernetes-config.ts'

/** How a cluster is asked: whom it is trusted by and as whom. Renewed for each question, because tokens expire. */
export type Credentials = () => Promise<RequestOptions>

/** The ways in which a kubeconfig or a service account says who asks. A certificate is always verified, unless the kubeconfig says not to. */
export async function openCredentials({ cluster, user }: ChosenCluster): Promise<Credentials> {
  const authenticator = user && (await authenticatorOf(user))
  const fixed: RequestOptions = {
    ...pem('ca', cluster.caFile, cluster.caData),
    ...pem('cert', user?.certFile, user?.certData),
    ...pem('key', user?.keyFile, user?.keyData),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    rejectUnauthorized: !cluster.skipTLSVerify,
    agent: agentFor(cluster),
  }
  return async () => {
    const headers: Record<string, string> = {}
    if (user?.token) headers.Authorization = `Bearer ${user.token}`
    if (user?.impersonateUser) headers['Impersonate-User'] = user.impersonateUser
    const options: RequestOptions = { ...fixed, headers }
    if (user?.username) options.auth = `${user.username}:${user.password ?? ''}`
    if (user)
      await authenticator?.applyAuthentication(user, options).catch(cause => throwNone(cluster, cause))
    return options
  }
}

function throwNone({ server }: ChosenCluster['cluster'], cause: Error): never {
  throw new RespaldoError(
    'environment-unavailable',
    `There are no credentials for the cluster at ${server}: ${cause.message.trim().split('\n').at(-1)}`,
    { cause, hint: 'Log in again; `kubectl auth whoami` tells whether it helped.' },
  )
}

/** A plugin (of a cloud, say), a token in a file, or OpenID Connect. */
async function authenticatorOf(user: User): Promise<Authenticator | undefined> {
  const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js')
  const { FileAuth } = await import('@kubernetes/client-node/dist/file_auth.js')
  const known = [new ExecAuth(), new FileAuth()].find(one => one.isAuthProvider(user))
  if (known || !user.authProvider) return known
  if (user.authProvider.name !== 'oidc') throw unknownProvider(user.authProvider.name)
  const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js')
  return new OpenIDConnectAuth()
}

function pem(name: 'ca' | 'cert' | 'key', file: string | undefined, data: string | undefined) {
  if (file) return { [name]: readPem(file) }
  return data ? { [name]: Buffer.from(data, 'base64') } : {}
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new RespaldoError('config-invalid', `The kubeconfig names ${file}, which cannot be read`, { cause })
  }
}

/** A connection for each question: one that was kept may have been closed meanwhile. */
function agentFor({ server, proxyUrl }: ChosenCluster['cluster']): HttpAgent | Agent {
  const options = { keepAlive: false, ...(proxyUrl ? { proxyEnv: proxies(proxyUrl) } : {}) }
  return server.startsWith('http:') ? new HttpAgent(options) : new Agent(options)
}

function proxies(url: string): { HTTP_PROXY: string; HTTPS_PROXY: string } {
  if (/^https?:/.test(url)) return { HTTP_PROXY: url, HTTPS_PROXY: url }
  throw new RespaldoError('config-invalid', 'The proxy-url of the kubeconfig is no http proxy', {
    hint: 'Only proxies whose URL begins with http:// or https:// can be used.',
  })
}

function unknownProvider(name: unknown): RespaldoError {
  return new RespaldoError('config-invalid', `The kubeconfig's auth-provider ${name} is not supported`, {
    hint: 'Kubernetes itself dropped those of clouds: use an exec plugin, as `kubectl` does.',
  })
}
