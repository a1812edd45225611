import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import { systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { attended } from './attended-command.ts'
import { type Attached, followCommand, patienceSeconds } from './attended-exec.ts'
import { commandName } from './command-failure.ts'
import { notRunning, translateEngineError } from './docker-errors.ts'
import { readFrames } from './docker-frames.ts'
import type { Command, Process, Shell } from './environment.ts'
import { type Running, supervise } from './supervise.ts'

/** A container whose engine is known. */
export interface ContainerPlace {
  name: string
  /** Where the engine is, for messages. */
  engine: string
  open(): Promise<Docker.Container>
  /** Whether the container has `sh`, without which a command's process id cannot be learnt and the command not be ended. */
  hasShell(): Promise<boolean>
}

/** Runs a command in a container. Aborting sends TERM to that one process and to no other, and never KILL. */
export function execInContainer(place: ContainerPlace, command: Command, signal?: AbortSignal): Process {
  return supervise(command, where(place), () => start(place, command), signal)
}

/** Commands in the container itself. */
export function shellIn(place: ContainerPlace): Shell {
  return { local: false, exec: (command, signal) => execInContainer(place, command, signal) }
}

/** The exit code of a command that neither reads nor says much, whatever it is. */
export async function exitCodeInContainer(
  place: ContainerPlace,
  argv: readonly string[],
): Promise<number | undefined> {
  try {
    const { exec, socket } = await attach(place, { Cmd: [...argv], AttachStdout: true, AttachStderr: true })
    for await (const _ of socket);
    return await exitCode(exec)
  } catch (error) {
    throw translateEngineError(error, place.engine, place.name)
  }
}

async function start(place: ContainerPlace, command: Command): Promise<Running> {
  const marker = (await place.hasShell().catch(explained(place))) ? randomBytes(8).toString('hex') : undefined
  const { exec, socket } = await attach(place, {
    Cmd: marker === undefined ? [...command.argv] : attended(marker, command.argv),
    Env: Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`),
    AttachStdin: command.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  }).catch(explained(place))
  const attached: Attached = {
    frames: readFrames(socket),
    input: command.stdin && socket,
    marker,
    exitCode: seconds => exitCode(exec, seconds).catch(explained(place)),
    assertThere: code => throwIfStopped(place, command, code),
    terminate: pid => sendTerm(place, pid),
    drop: () => socket.destroy(),
  }
  return followCommand(attached, command, where(place))
}

function explained({ engine, name }: ContainerPlace): (error: unknown) => never {
  return error => {
    throw translateEngineError(error, engine, name)
  }
}

async function attach(
  { open }: ContainerPlace,
  options: Docker.ExecCreateOptions,
): Promise<{ exec: Docker.Exec; socket: Duplex }> {
  const exec = await (await open()).exec({ ...options, Tty: false })
  const socket = await exec.start({ hijack: true, stdin: options.AttachStdin === true })
  socket.on('error', () => {}) // who reads hears of it; a write after the end is no failure
  return { exec, socket }
}

/** Undefined when it still runs after a while; where the output was closed by the end, that is never so. */
async function exitCode(exec: Docker.Exec, seconds = patienceSeconds): Promise<number | undefined> {
  for (let waited = 0; waited < seconds * 1000; ) {
    const { Running, ExitCode } = await exec.inspect()
    if (!Running && ExitCode !== null) return ExitCode
    const milliseconds = Math.min(500, 5 + waited)
    await systemClock.sleep(milliseconds)
    waited += milliseconds
  }
  return undefined
}

/** A command fails when its container is stopped under it: then that is what has to be told. */
async function throwIfStopped(place: ContainerPlace, command: Command, code: number): Promise<void> {
  // After a KILL from outside it takes the engine a moment to notice that the whole container has ended.
  for (let attempt = 0; attempt < (code === 137 ? 10 : 1); attempt += 1) {
    const { State } = await place
      .open()
      .then(container => container.inspect())
      .catch(explained(place))
    if (!State.Running) {
      const { message, hint } = notRunning(place.name, State.Status)
      throw new RespaldoError(
        'source-unreachable',
        `${message} any more: it ended while ${commandName(command)} ran`,
        { hint },
      )
    }
    await systemClock.sleep(100)
  }
}

async function sendTerm({ open }: ContainerPlace, pid: number): Promise<void> {
  try {
    const exec = await (await open()).exec({ Cmd: ['sh', '-c', 'kill -TERM "$0"', `${pid}`] })
    await exec.start({ Detach: true })
  } catch {
    // The container is gone, or stopped, or paused: the next attempt will see.
  }
}

function where({ name }: ContainerPlace): string {
  return `in the container ${name}`
}
