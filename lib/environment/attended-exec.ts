import type { Writable } from 'node:stream'
import { systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import { openAnnouncement, openTrailer } from './attended-command.ts'
import { type Ending, streamCut } from './command-failure.ts'
import type { Command } from './environment.ts'
import { openOutputBuffer } from './output-buffer.ts'
import { openStderrTail } from './stderr-tail.ts'
import type { Running } from './supervise.ts'

/** A piece of what a command in a container wrote. */
export interface Frame {
  stream: 'stdout' | 'stderr'
  /** A view of what was read, never a copy; a frame longer than that comes in several pieces. */
  payload: Uint8Array
}

/** A command in a container that a driver is attached to, and what the driver can do about it. */
export interface Attached {
  /** Ends when the connection does, and throws when it ended before its time: a RespaldoError when it is known why. */
  frames: AsyncIterable<Frame>
  input: Writable | undefined
  /** Of the shell that attends to the command (see `attended`); undefined where there is none. */
  marker: string | undefined
  /** What the engine says of the command when its output has ended; undefined when it still runs after so long. */
  exitCode(seconds: number): Promise<number | undefined>
  /** Throws when the container is not what it was, which then is why the command failed with this code. */
  assertThere(code: number): Promise<void>
  /** Sends TERM to one process beside the source. Never rejects: it may have no effect. */
  terminate(pid: number): Promise<void>
  /** Drops the connection. */
  drop(): void
}

/** The longest that a command may go on after its output was closed, or after it was told to end. */
export const patienceSeconds = 6

interface Following {
  attached: Attached
  command: Command
  where: string
  output: ReturnType<typeof openOutputBuffer>
  attention:
    | { announcement: ReturnType<typeof openAnnouncement>; trailer: ReturnType<typeof openTrailer> }
    | undefined
}

/** Follows a command to its end, which is judged: the stream ends cleanly whether it succeeded, failed, or lost its connection. */
export function followCommand(attached: Attached, command: Command, where: string): Running {
  const { marker } = attached
  const attention =
    marker === undefined
      ? undefined
      : { announcement: openAnnouncement(marker), trailer: openTrailer(marker) }
  const following = { attached, command, where, output: openOutputBuffer(), attention }
  const ended = follow(following)
  return {
    output: following.output.readable,
    input: attached.input,
    ended,
    end: () => end(following, ended),
  }
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

async function readToEnd(following: Following): Promise<Ending> {
  const { attached, output, attention } = following
  const stderr = openStderrTail()
  try {
    for await (const { stream, payload } of attached.frames) {
      if (stream === 'stderr') stderr.add(attention?.announcement.pass(payload) ?? payload)
      else await output.push(attention?.trailer.pass(payload) ?? payload)
    }
  } catch (cause) {
    const error = await cut(following, cause instanceof Error ? cause.message : String(cause), cause)
    throw cause instanceof RespaldoError ? cause : error
  } finally {
    attention?.announcement.close()
    attached.drop()
  }
  const code = attention?.trailer.status() ?? (await codeWithoutTrailer(following))
  if (code !== 0) await attached.assertThere(code)
  return { exitCode: code, stderr: stderr.text() }
}

/** Only a shell that was killed, with its container for instance, ends without its last word: then it has failed. */
async function codeWithoutTrailer(following: Following): Promise<number> {
  const { attached, attention } = following
  const code = await attached.exitCode(attention ? 1 : patienceSeconds)
  if (code !== undefined && !(attention && code === 0)) return code
  throw await cut(following, 'it ended before the command did')
}

/** The command may go on without anybody to read it: it is told to end, as far as it can be. */
async function cut(
  { attached, attention, command, where }: Following,
  why: string,
  cause?: unknown,
): Promise<Error> {
  attention?.announcement.close()
  const pid = await attention?.announcement.pid
  if (pid !== undefined) await attached.terminate(pid)
  return streamCut(command, where, why, cause)
}

/** TERM until it has ended: one that comes between a fork and an exec may be lost. */
async function end({ attached, attention }: Following, ended: Promise<unknown>): Promise<void> {
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
    if (typeof known === 'number') await attached.terminate(known)
    const isOver = await Promise.race([over, tick])
    patience.abort()
    if (isOver) return
  }
  // Nothing more may be done: a process that loses its parent, or is killed, makes PostgreSQL restart.
  attached.drop()
  await over
}
