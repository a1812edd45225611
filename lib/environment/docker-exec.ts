import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import { systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { commandName, type Ending, streamCut } from './command-failure.ts'
import { notRunning, translateEngineError } from './docker-errors.ts'
import { readFrames } from './docker-frames.ts'
import { announce, openAnnouncement } from './docker-pid.ts'
import type { Command, Process } from './environment.ts'
import { openOutputBuffer } from './output-buffer.ts'
import { openStderrTail } from './stderr-tail.ts'
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

/** The longest that a command may go on after its output was closed, or after it was told to end. */
const patienceSeconds = 6

/** Runs a command in a container. Aborting sends TERM to that one process and to no other, and never KILL. */
export function execInContainer(place: ContainerPlace, command: Command, signal?: AbortSignal): Process {
  return supervise(command, where(place), () => start(place, command), signal)
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
  const marker = (await place.hasShell()) ? randomBytes(8).toString('hex') : undefined
  const announcement = openAnnouncement(marker)
  try {
    const { exec, socket } = await attach(place, {
      Cmd: marker ? announce(marker, command.argv) : [...command.argv],
      Env: Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`),
      AttachStdin: command.stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
    })
    const output = openOutputBuffer()
    const ended = follow({ place, command, exec, socket, announcement, output })
    return {
      output: output.readable,
      input: command.stdin && socket,
      ended,
      end: () => end(place, socket, announcement.pid, ended),
    }
  } catch (error) {
    throw translateEngineError(error, place.engine, place.name)
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

interface Following {
  place: ContainerPlace
  command: Command
  exec: Docker.Exec
  socket: Duplex
  announcement: ReturnType<typeof openAnnouncement>
  output: ReturnType<typeof openOutputBuffer>
}

/** Reads to the end of the stream and then asks how the command ended: the stream ends cleanly whether it failed or not. */
async function follow(following: Following): Promise<Ending> {
  const { place, command, exec, socket, announcement, output } = following
  const stderr = openStderrTail()
  try {
    for await (const { stream, payload } of readFrames(socket)) {
      if (stream === 'stdout') await output.push(payload)
      else stderr.add(announcement.strip(payload))
    }
  } catch (cause) {
    throw await cut(following, cause instanceof Error ? cause.message : String(cause), cause)
  } finally {
    announcement.close()
    socket.destroy()
  }
  const code = await exitCode(exec).catch(error => {
    throw output.fail(translateEngineError(error, place.engine, place.name))
  })
  if (code === undefined) throw await cut(following, 'it ended while the command went on')
  output.end()
  if (code !== 0) await throwIfStopped(place, command, code)
  return { exitCode: code, stderr: stderr.text() }
}

/** The command may go on without anybody to read it: it is told to end, as far as it can be. */
async function cut(
  { place, command, announcement, output }: Following,
  why: string,
  cause?: unknown,
): Promise<Error> {
  announcement.close()
  const pid = await announcement.pid
  if (pid !== undefined) await sendTerm(place, pid)
  return output.fail(streamCut(command, where(place), why, cause))
}

/** Undefined when it still runs after a while; where the output was closed by the end, that is never so. */
async function exitCode(exec: Docker.Exec): Promise<number | undefined> {
  for (let waited = 0; waited < patienceSeconds * 1000; ) {
    const { Running, ExitCode } = await exec.inspect()
    if (!Running && ExitCode !== null) return ExitCode
    const milliseconds = Math.min(500, 5 + waited)
    await systemClock.sleep(milliseconds)
    waited += milliseconds
  }
  return undefined
}

/** A command fails when its container is stopped under it: then that is what has to be told. */
async function throwIfStopped(
  { open, engine, name }: ContainerPlace,
  command: Command,
  code: number,
): Promise<void> {
  // After a KILL from outside it takes the engine a moment to notice that the whole container has ended.
  for (let attempt = 0; attempt < (code === 137 ? 10 : 1); attempt += 1) {
    const { State } = await open()
      .then(container => container.inspect())
      .catch(error => {
        throw translateEngineError(error, engine, name)
      })
    if (!State.Running) {
      const { message, hint } = notRunning(name, State.Status)
      throw new RespaldoError(
        'source-unreachable',
        `${message} any more: it ended while ${commandName(command)} ran`,
        { hint },
      )
    }
    await systemClock.sleep(100)
  }
}

/** TERM until it has ended: one that comes between a fork and an exec may be lost. */
async function end(
  place: ContainerPlace,
  socket: Duplex,
  pid: Promise<number | undefined>,
  ended: Promise<unknown>,
): Promise<void> {
  const over = ended.then(
    () => true,
    () => true,
  )
  for (let attempt = 0; attempt < patienceSeconds; attempt += 1) {
    const patience = new AbortController()
    const tick = systemClock.sleep(1000, patience.signal).then(
      () => false,
      () => false,
    )
    const known = await Promise.race([pid, tick])
    if (typeof known === 'number') await sendTerm(place, known)
    const isOver = await Promise.race([over, tick])
    patience.abort()
    if (isOver) return
  }
  // Nothing more may be done: a process that loses its parent, or is killed, makes PostgreSQL restart.
  socket.destroy()
  await over
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
