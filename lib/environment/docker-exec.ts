import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import { systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { attended, openAnnouncement, openTrailer } from './attended-command.ts'
import { commandName, type Ending, streamCut } from './command-failure.ts'
import { notRunning, translateEngineError } from './docker-errors.ts'
import { readFrames } from './docker-frames.ts'
import type { Command, Process, Shell } from './environment.ts'
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
  const marker = randomBytes(8).toString('hex')
  try {
    const isAttended = await place.hasShell()
    const { exec, socket } = await attach(place, {
      Cmd: isAttended ? attended(marker, command.argv) : [...command.argv],
      Env: Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`),
      AttachStdin: command.stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
    })
    const output = openOutputBuffer()
    const attention = isAttended
      ? { announcement: openAnnouncement(marker), trailer: openTrailer(marker) }
      : undefined
    const following = { place, command, exec, socket, output, attention }
    const ended = follow(following)
    return {
      output: output.readable,
      input: command.stdin && socket,
      ended,
      end: () => end(following, ended),
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
  output: ReturnType<typeof openOutputBuffer>
  /** Undefined where the container has no shell that attends to the command. */
  attention:
    | { announcement: ReturnType<typeof openAnnouncement>; trailer: ReturnType<typeof openTrailer> }
    | undefined
}

/** Whatever is wrong, who reads the output hears of it. */
async function follow(following: Following): Promise<Ending> {
  try {
    const ending = await readToEnd(following)
    following.output.end()
    return ending
  } catch (error) {
    following.output.fail(error as Error)
    throw error
  }
}

/** The stream ends cleanly whether the command succeeded, failed, or lost its connection: the end has to be judged. */
async function readToEnd(following: Following): Promise<Ending> {
  const { place, command, socket, output, attention } = following
  const stderr = openStderrTail()
  try {
    for await (const { stream, payload } of readFrames(socket)) {
      if (stream === 'stderr') stderr.add(attention?.announcement.pass(payload) ?? payload)
      else await output.push(attention?.trailer.pass(payload) ?? payload)
    }
  } catch (cause) {
    throw await cut(following, cause instanceof Error ? cause.message : String(cause), cause)
  } finally {
    attention?.announcement.close()
    socket.destroy()
  }
  const code = attention?.trailer.status() ?? (await codeWithoutTrailer(following))
  if (code !== 0) await throwIfStopped(place, command, code)
  return { exitCode: code, stderr: stderr.text() }
}

/** Only a shell that was killed, with its container for instance, ends without its last word: then it has failed. */
async function codeWithoutTrailer(following: Following): Promise<number> {
  const { place, exec, attention } = following
  const code = await exitCode(exec, attention ? 1 : patienceSeconds).catch(error => {
    throw translateEngineError(error, place.engine, place.name)
  })
  if (code !== undefined && !(attention && code === 0)) return code
  throw await cut(following, 'it ended before the command did')
}

/** The command may go on without anybody to read it: it is told to end, as far as it can be. */
async function cut({ place, command, attention }: Following, why: string, cause?: unknown): Promise<Error> {
  attention?.announcement.close()
  const pid = await attention?.announcement.pid
  if (pid !== undefined) await sendTerm(place, pid)
  return streamCut(command, where(place), why, cause)
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
async function end({ place, socket, attention }: Following, ended: Promise<unknown>): Promise<void> {
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
    const known = await Promise.race([attention?.announcement.pid, tick])
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
