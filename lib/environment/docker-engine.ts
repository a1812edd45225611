import type Docker from 'dockerode'
import { collect } from '../bytes.ts'
import { type RespaldoError, toRespaldoError } from '../errors.ts'
import { type DockerAddress, describeAddress, openDocker } from './docker-client.ts'
import { type Container, readContainer, reasonOf } from './docker-container.ts'
import { notRunning, translateEngineError } from './docker-errors.ts'
import { type ContainerPlace, execInContainer, exitCodeInContainer } from './docker-exec.ts'
import type { ReadFile } from './server-settings.ts'

/** One container of a listing: enough to recognise it by what somebody calls it. */
export interface Listed {
  id: string
  name: string
  state: string
  /** Of docker-compose. */
  service: string | undefined
  /** It may be a server: it looks like one, or it does not run and has to be inspected before that can be told. */
  isCandidate: boolean
}

/** What the environment asks of an engine; every failure is a RespaldoError. Nothing is opened before the first question. */
export interface DockerEngine {
  /** Opened by the first question. */
  client(): Promise<Docker>
  /** Why the signal was aborted, if it was; else the engine's own failure in Respaldo's words. `container` is what it was asked about. */
  explain(error: unknown, about?: { container?: string; signal?: AbortSignal | undefined }): RespaldoError
  /** Of another machine; undefined for the local one. */
  readonly host: string | undefined
  list(signal?: AbortSignal): Promise<Listed[]>
  /** All that there are, those that do not run too. */
  containers(signal?: AbortSignal): Promise<Docker.ContainerInfo[]>
  /** Undefined when it is gone. */
  inspect(container: string, signal?: AbortSignal): Promise<Container | undefined>
  place(container: string): ContainerPlace
  /** Reads small files of a container through its own `cat`, as the user that its commands run as. */
  readerOf(container: Pick<Container, 'name' | 'state'>, signal?: AbortSignal): ReadFile
}

/** An engine as the environment needs it. */
export function dockerEngine(address: DockerAddress): DockerEngine {
  const engine = describeAddress(address)
  let opened: Promise<Docker> | undefined
  const places = new Map<string, ContainerPlace>()
  const open = () => {
    opened ??= openDocker(address)
    return opened
  }
  const place = (container: string) => {
    const known = places.get(container) ?? placeOf(open, engine, container)
    places.set(container, known)
    return known
  }
  const explain: DockerEngine['explain'] = (error, { container, signal } = {}) =>
    signal?.aborted ? toRespaldoError(signal.reason) : translateEngineError(error, engine, container)
  const containers: DockerEngine['containers'] = async signal => {
    const docker = await open()
    const options = { all: true, ...(signal && { abortSignal: signal }) }
    return docker.listContainers(options).catch(error => {
      throw explain(error, { signal })
    })
  }
  return {
    client: open,
    explain,
    host: address.host && !isLoopback(address.host) ? address.host : undefined,
    place,
    containers,
    list: async signal => (await containers(signal)).map(readListed),
    async inspect(container, signal) {
      const docker = await open()
      const options = signal ? { abortSignal: signal } : {}
      try {
        return readContainer(await docker.getContainer(container).inspect(options))
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) return undefined
        throw explain(error, { signal })
      }
    },
    readerOf:
      ({ name, state }, signal) =>
      async file => {
        if (state !== 'running') return undefined
        const { stdout } = execInContainer(place(name), { argv: ['cat', file] }, signal)
        return (await collect(stdout, 64 * 1024)).toString().replace(/\n+$/, '')
      },
  }
}

function placeOf(docker: () => Promise<Docker>, engine: string, name: string): ContainerPlace {
  let shell: Promise<boolean> | undefined
  const open = async () => (await docker()).getContainer(name)
  const place = { open, engine, name, hasShell }
  return place

  /** Asked once; a question that failed (the container did not run, say) is no answer. */
  function hasShell(): Promise<boolean> {
    shell ??= findShell().catch(error => {
      shell = undefined
      throw error
    })
    return shell
  }

  /** Looked for where it nearly always is, which takes a tenth of a command's time; else tried. */
  async function findShell(): Promise<boolean> {
    const container = await open()
    const isThere = await container.infoArchive({ path: '/bin/sh' }).then(
      (answer: NodeJS.ReadableStream) => Boolean(answer.resume()),
      () => false, // why not, the command below tells
    )
    return isThere || (await exitCodeInContainer(place, ['sh', '-c', ':'])) === 0
  }
}

/** What matters of a container in a listing. */
export function readListed({ Id, Names, Image, Labels, State, Ports }: Docker.ContainerInfo): Listed {
  // A link gives a container further names, of the form /other/alias.
  const name = Names.find(name => name.lastIndexOf('/') === 0) ?? Names[0] ?? Id
  const opens5432 = Ports.some(({ PrivatePort }) => PrivatePort === 5432)
  return {
    id: Id,
    name: name.replace(/^\//, ''),
    state: State,
    service: Labels['com.docker.compose.service'],
    isCandidate: State !== 'running' || reasonOf({ image: Image, labels: Labels, opens5432 }) !== undefined,
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** Throws `source-unreachable` with what would start it, unless the container runs. */
export function assertRunning({ name, state }: Pick<Container, 'name' | 'state'>): void {
  if (state !== 'running') throw notRunning(name, state)
}
