import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { RespaldoError } from '../errors.ts'

/** Where an engine listens: a socket, or a host and port. Nothing given means the first of the usual sockets that exists. */
export interface DockerAddress {
  socketPath?: string | undefined
  host?: string | undefined
  port?: number | undefined
  protocol?: 'http' | 'https' | undefined
  /** PEM texts. */
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
}

/** Reads a value of DOCKER_HOST; `tls` as DOCKER_TLS_VERIFY says it. */
export function parseDockerHost(value: string, { tls = false } = {}): DockerAddress {
  const [, scheme = '', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(value.trim()) ?? []
  if (scheme === 'unix' || scheme === 'npipe') return rest ? { socketPath: rest } : {}
  if (scheme === 'ssh') throw unsupported('engines over ssh are not supported')
  if (!['', 'tcp', 'http', 'https'].includes(scheme)) throw unsupported(`the scheme ${scheme} is not known`)
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?\/?$/.exec(rest) ?? []
  const host = bracketed ?? plain
  if (!host) throw unsupported('there is no host in it')
  const secure = scheme === 'https' || tls || port === '2376'
  return { host, port: Number(port ?? (secure ? 2376 : 2375)), protocol: secure ? 'https' : 'http' }
}

function unsupported(why: string): RespaldoError {
  return new RespaldoError('config-invalid', `DOCKER_HOST cannot be used: ${why}`, {
    hint: 'Give it as unix:///path/to/docker.sock or tcp://host:2376; an engine behind ssh can be reached with `ssh -L /tmp/docker.sock:/var/run/docker.sock HOST`.',
  })
}

/** Where the engine is, for people. */
export function describeAddress(address: DockerAddress): string {
  return address.host ? `${address.host}:${address.port ?? 2375}` : (address.socketPath ?? defaultSocket())
}

/** Opens a client; nothing is sent yet. The vendor's code is loaded by the first call only, because it costs a fifth of a second. */
export async function openDocker(address: DockerAddress): Promise<Docker> {
  const { default: Client } = await import('dockerode')
  const { host, port, protocol, ca, cert, key } = address
  // Every key is named, also those without a value: the client fills in what is missing from the process's own variables.
  return new Client({
    socketPath: host ? undefined : (address.socketPath ?? defaultSocket()),
    host,
    port,
    protocol: protocol ?? 'http',
    ca,
    cert,
    key,
    pathPrefix: '/',
    timeout: undefined,
  } as Docker.DockerOptions)
}

/** The system's socket, else that of Docker Desktop or of a rootless engine. */
function defaultSocket(): string {
  const places = [
    '/var/run/docker.sock',
    join(homedir(), '.docker/run/docker.sock'),
    `/run/user/${process.getuid?.() ?? 0}/docker.sock`,
  ]
  return places.find(existsSync) ?? '/var/run/docker.sock'
}
