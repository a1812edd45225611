import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { WebSocketServer } from 'ws'
import { type Account, allowed, type Refusal, refusal, refused } from './access.ts'
import { isRefusal, notFound, podOf, resultOf } from './answers.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { type ExecFaults, serveExec } from './exec.ts'
import { type KubeconfigOptions, kubeconfigOf } from './kubeconfig.ts'
import type { PodJson, StandInPod } from './pods.ts'
import { parseRoute, type Route } from './route.ts'

/** A stand-in for a cluster's API server that speaks its protocol; its pods are containers of a Docker engine. */
export interface TestCluster extends AsyncDisposable {
  readonly url: string
  readonly certificates: Certificates
  /** By token. */
  readonly accounts: Map<string, Account>
  readonly pods: StandInPod[]
  /** Protocols of exec that it speaks. */
  protocols: readonly string[]
  /** Of the next lists: a real one gives at most as many as asked for. */
  pageSize: number
  faults: ExecFaults
  /** Every request line, as an audit log has them. */
  readonly audit: string[]
  /** Writes a kubeconfig and returns its path. */
  kubeconfig(options?: KubeconfigOptions): Promise<string>
  /** Adds a pod that is one container of the engine. */
  add(pod: Added): StandInPod
}

export interface Added {
  name: string
  namespace?: string
  /** Of the engine; none: it never starts. */
  container?: string
  image?: string
  metadata?: PodJson['metadata']
  /** Of the pod's specification. */
  spec?: object
}

/** Opens one at a free port of this machine. */
export async function openTestCluster(docker: Docker): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-cluster-'))
  const certificates = await makeCertificates(folder)
  const accounts = new Map([['good', allowed]])
  const sockets = new Set<Socket>()
  let files = 0
  const server = createServer(
    certificates,
    (request, response) => void answer(cluster, docker, request, response),
  )
  const upgrades = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => cluster.protocols.find(one => offered.has(one)) ?? false,
  })
  server.on('upgrade', (request, socket, head) => {
    const route = parseRoute(request)
    const exec = execOf(cluster, request, route)
    if ('code' in exec) return void socket.end(rawAnswer(exec))
    upgrades.handleUpgrade(request, socket, head, client => {
      client.on('error', () => {})
      void serveExec(client, { docker, faults: cluster.faults, ...exec })
    })
  })
  server.on('secureConnection', socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cluster: TestCluster = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificates,
    accounts,
    pods: [],
    protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    pageSize: 500,
    faults: {},
    audit: [],
    async kubeconfig(options = {}) {
      const { path = join(folder, `config-${files++}`) } = options
      await writeFile(
        path,
        JSON.stringify(kubeconfigOf({ server: cluster.url, ca: certificates.ca, ...options })),
      )
      return path
    },
    add(pod) {
      const added = standIn(pod)
      cluster.pods.push(added)
      return added
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
  return cluster
}

function standIn({
  name,
  namespace = 'shop',
  container,
  image = 'postgres:17',
  metadata,
  spec,
}: Added): StandInPod {
  return {
    json: {
      metadata: {
        name,
        namespace,
        uid: `uid-${name}`,
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...metadata,
      },
      spec: { containers: [{ name: 'postgres', image }], ...spec },
    },
    containers: container === undefined ? {} : { postgres: container },
  }
}

async function answer(
  cluster: TestCluster,
  docker: Docker,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = parseRoute(request)
  const result = route
    ? await resultOf(cluster, docker, request, route)
    : refusal(404, 'NotFound', 'not found')
  const code = isRefusal(result) ? result.code : 200
  const body =
    typeof result === 'string' ? result : JSON.stringify(isRefusal(result) ? result.status : result)
  response.writeHead(code, {
    'content-type': typeof result === 'string' ? 'text/plain' : 'application/json',
  })
  response.end(body)
}

function execOf(cluster: TestCluster, request: IncomingMessage, route: Route | undefined) {
  cluster.audit.push(`${request.method} ${request.url}`)
  if (route?.resource !== 'pods/exec') return refusal(404, 'NotFound', 'not found')
  const no = refused(request.headers.authorization, cluster.accounts, route)
  if (no) return no
  const pod = podOf(cluster, route)
  if (!pod) return notFound(route)
  const name = route.query.get('container') ?? ''
  const container = pod.containers[name]
  if (container === undefined) return refusal(404, 'NotFound', `container not found ("${name}")`)
  return { container, argv: route.query.getAll('command'), stdin: route.query.get('stdin') === 'true' }
}

function rawAnswer({ code, status }: Refusal): string {
  const body = JSON.stringify(status)
  const head = [
    `HTTP/1.1 ${code} Refused`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  return `${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`
}
