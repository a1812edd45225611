import { randomBytes } from 'node:crypto'
import { systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { type Attached, type Frame, followCommand } from './attended-exec.ts'
import { commandName } from './command-failure.ts'
import type { Command, Process, Shell } from './environment.ts'
import { fed } from './fed-command.ts'
import type { Cluster } from './kubernetes-client.ts'
import { type ExecStatus, readFrames, stdinMessage } from './kubernetes-frames.ts'
import { openInput } from './kubernetes-input.ts'
import { getPod, type Pod, type PodContainer } from './kubernetes-pods.ts'
import type { ExecSocket } from './kubernetes-socket.ts'
import { sentArgv, sentText } from './sent-command.ts'
import { type Running, supervise } from './supervise.ts'

/** A container of a pod as it was when it was found. */
export interface FoundContainer {
  pod: Pod
  container: PodContainer
}

/** Where commands run: a container of a pod, which may be another pod when it was replaced. */
export interface PodPlace {
  cluster: Cluster
  /** `in the pod shop/db-0`. */
  where: string
  /** As it is now. `source-unreachable` when it does not run. */
  find(signal?: AbortSignal): Promise<FoundContainer>
}

/**
 * Runs a command in a pod. Aborting sends TERM to that one process and to no other, and never KILL. An output is whole only when its shell's
 * last word and the API's status both came.
 */
export function execInPod(place: PodPlace, command: Command, signal?: AbortSignal): Process {
  return supervise(command, place.where, () => start(place, command, signal), signal)
}

/** Commands in the container itself. */
export function shellIn(place: PodPlace): Shell {
  return { local: false, exec: (command, signal) => execInPod(place, command, signal) }
}

async function start(place: PodPlace, command: Command, signal: AbortSignal | undefined): Promise<Running> {
  const { cluster, where } = place
  const found = await place.find(signal)
  const marker = randomBytes(8).toString('hex')
  const socket = await connect(cluster, found, sentArgv(marker), { stdin: true, signal })
  const isFed = command.stdin !== undefined && !socket.closes
  const text = sentText(marker, isFed ? { ...command, argv: fed(command.argv) } : command)
  // Not awaited: what is wrong with the connection, who reads it hears.
  socket.send(stdinMessage(Buffer.from(text))).catch(() => {})
  return followCommand(attach({ cluster, found, command, marker, socket }), command, where)
}

interface Started {
  cluster: Cluster
  found: FoundContainer
  command: Command
  marker: string
  socket: ExecSocket
}

function attach({ cluster, found, command, marker, socket }: Started): Attached {
  let status: ExecStatus | undefined
  const input = openInput(socket)
  if (!command.stdin && socket.closes) input.end()
  return {
    frames: explained(
      readFrames(socket.messages, told => {
        status = told
      }),
      () => assertThere(cluster, found, command),
    ),
    input: command.stdin && input,
    marker,
    exitCode: async () => {
      if (status?.exitCode !== undefined || !status) return status?.exitCode
      await assertThere(cluster, found, command)
      throw notStarted(found, command, status.message)
    },
    assertThere: code => assertThere(cluster, found, command, code),
    terminate: pid => terminate(cluster, found, pid),
    drop: socket.drop,
  }
}

/** A connection also breaks because the pod does: then that is the reason. */
async function* explained(frames: AsyncIterable<Frame>, assert: () => Promise<void>) {
  try {
    yield* frames
  } catch (error) {
    await assert()
    throw error
  }
}

interface ConnectOptions {
  stdin: boolean
  signal?: AbortSignal | undefined
}

function connect(
  cluster: Cluster,
  { pod: { namespace, name }, container }: FoundContainer,
  argv: readonly string[],
  { stdin, signal }: ConnectOptions,
): Promise<ExecSocket> {
  const query = new URLSearchParams({
    container: container.name,
    stdin: `${stdin}`,
    stdout: 'true',
    stderr: 'true',
    tty: 'false',
  })
  for (const argument of argv) query.append('command', argument)
  return cluster.connect({ verb: 'create', resource: 'pods/exec', namespace, name }, query, signal)
}

/** A command fails when its pod goes or its container restarts under it: then that is what has to be told. */
async function assertThere(
  cluster: Cluster,
  found: FoundContainer,
  command: Command,
  code?: number,
): Promise<void> {
  // After a KILL from outside it takes the cluster seconds to notice that the whole container has ended.
  for (let attempt = 0; attempt < (code === 137 ? 10 : 1); attempt += 1) {
    if (attempt > 0) await systemClock.sleep(500)
    const happened = whatHappened(found, await getPod(cluster, found.pod))
    if (happened !== undefined) throw lost(found, `${happened} while ${commandName(command)} ran`)
  }
}

function whatHappened({ pod, container }: FoundContainer, later: Pod): string | undefined {
  const now = later.containers.find(({ name }) => name === container.name)
  if (later.uid !== pod.uid) return 'was replaced'
  if (now?.id !== container.id) return 'was restarted'
  return now?.isRunning ? undefined : `does not run any more${now?.reason ? ` (${now.reason})` : ''}`
}

function lost({ pod: { namespace, name } }: FoundContainer, what: string): RespaldoError {
  return new RespaldoError('source-unreachable', `The pod ${namespace}/${name} ${what}`, {
    hint: `kubectl describe pod -n ${namespace} ${name}`,
  })
}

function notStarted({ container }: FoundContainer, { argv }: Command, message: string): RespaldoError {
  const isShellMissing = /"sh"|executable file not found|no such file/.test(message)
  return new RespaldoError(
    'command-failed',
    `${argv[0]} was not started in the container ${container.name}: ${message}`,
    {
      hint: isShellMissing ? `Commands in pods need sh, which ${container.image} seems to lack.` : undefined,
    },
  )
}

const terminateMilliseconds = 3000

/** Whether it has an effect, the command's own end tells. */
async function terminate(cluster: Cluster, found: FoundContainer, pid: number): Promise<void> {
  const patience = new AbortController()
  const { signal } = patience
  const send = async () => {
    const argv = ['sh', '-c', 'kill -TERM "$0"', `${pid}`]
    const socket = await connect(cluster, found, argv, { stdin: false, signal })
    signal.addEventListener('abort', socket.drop, { once: true })
    for await (const _ of socket.messages);
  }
  await Promise.race([send(), systemClock.sleep(terminateMilliseconds, signal)]).catch(() => {})
  patience.abort()
}
