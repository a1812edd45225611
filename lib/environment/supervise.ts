import type { Readable, Writable } from 'node:stream'
import { systemClock } from '../clock.ts'
import { cancelled, RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import { commandFailed, type Ending } from './command-failure.ts'
import type { Command, Process } from './environment.ts'
import { pumpInput } from './input-pump.ts'

/** A command that a driver started. */
export interface Running {
  /** Destroying it makes the driver throw away what the command still writes. */
  output: Readable
  input: Writable | undefined
  /** How it ended, also when nobody read its output (as far as that fits the buffers); rejects when its stream was cut. */
  ended: Promise<Ending>
  /** Asks the command to end and resolves when it did, or when nothing more can be done about it. Never rejects. */
  end(): Promise<void>
}

/** How long a command that does not even start, or that does not end, can hold an aborted run. */
const patienceMilliseconds = 15_000

/**
 * What every driver's `exec` promises, made of what a driver can do: abort, abandon and a broken input end the command; a clean end of
 * `stdout` means that the command succeeded; the first reason to stop is the one that is reported.
 */
export function supervise(
  command: Command,
  where: string,
  start: () => Running | Promise<Running>,
  signal?: AbortSignal,
): Process {
  const run = openRun(command, where, start, signal)
  run.finished.catch(() => {}) // whoever reads only stdout hears of it there
  return { stdout: abandonable(output(run, signal), run), finished: run.finished }
}

interface Run {
  running: Promise<Running>
  finished: Promise<void>
  /** Ends the command for this reason, unless it ended already; resolves when that is done. */
  stop(reason: RespaldoError): Promise<void>
}

function openRun(
  command: Command,
  where: string,
  start: () => Running | Promise<Running>,
  signal?: AbortSignal,
): Run {
  const stopped = Promise.withResolvers<undefined>()
  let reason: RespaldoError | undefined
  let over = false
  const running = begin(command, start, signal)
  const stop = async (why: RespaldoError) => {
    if (over) return
    if (!reason) void endIt(running).then(() => stopped.resolve(undefined))
    reason ??= why
    await stopped.promise
  }
  const onAbort = () => void stop(toRespaldoError(signal?.reason))
  signal?.addEventListener('abort', onAbort, { once: true })
  const finished = settle().finally(() => {
    over = true
    signal?.removeEventListener('abort', onAbort)
  })
  return { running, finished, stop }

  async function settle(): Promise<void> {
    // Also when it does not even start: an aborted run ends.
    const ending = await Promise.race([runToEnd(), stopped.promise]).catch(error => {
      if (!reason) throw error
    })
    if (reason) await stopped.promise
    if (reason) throw reason
    if (ending?.exitCode !== 0)
      throw commandFailed(command, where, ending ?? { exitCode: undefined, stderr: '' })
  }

  async function runToEnd(): Promise<Ending> {
    const { ended, input } = await running
    if (command.stdin && input)
      pumpInput(command.stdin, input, ended).catch(error => stop(toRespaldoError(error)))
    return ended
  }
}

async function begin(
  { argv }: Command,
  start: () => Running | Promise<Running>,
  signal?: AbortSignal,
): Promise<Running> {
  throwIfAborted(signal)
  if (argv.some(argument => argument.includes('\0')))
    throw new RespaldoError('input-invalid', `An argument of ${argv[0]} contains a NUL character`, {
      hint: 'No name in PostgreSQL can contain one: check what was given.',
    })
  return start()
}

async function endIt(running: Promise<Running>): Promise<void> {
  const patience = new AbortController()
  const ended = running.then(
    async ({ output, end }) => {
      output.destroy()
      await end()
    },
    () => {},
  )
  const gaveUp = systemClock.sleep(patienceMilliseconds, patience.signal).catch(() => {})
  await Promise.race([ended, gaveUp]).finally(() => patience.abort())
}

async function* output(
  { running, finished }: Run,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const piece of (await running).output) {
      throwIfAborted(signal)
      yield piece as Uint8Array
    }
  } catch (error) {
    await finished // has the reason for whatever happened to the stream
    throw error
  }
  await finished
  throwIfAborted(signal)
}

/** A plain generator's `return` does nothing before its first `next`, and waits for a `next` that is under way. */
function abandonable(
  inner: AsyncGenerator<Uint8Array, void, void>,
  { running, stop, finished }: Run,
): AsyncGenerator<Uint8Array, void, void> {
  const abandon = async () => {
    await stop(cancelled(new Error('Nobody read the rest of the output')))
    await finished.catch(() => {})
    void running.then(({ output }) => output.destroy()).catch(() => {})
  }
  const outer: AsyncGenerator<Uint8Array, void, void> = {
    next: () => inner.next(),
    return: async () => {
      await abandon()
      return inner.return()
    },
    throw: async error => {
      await abandon()
      return inner.throw(error)
    },
    [Symbol.asyncIterator]: () => outer,
    [Symbol.asyncDispose]: async () => void (await outer.return()),
  }
  return outer
}
