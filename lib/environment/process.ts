import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { systemClock } from '../clock.ts'
import { commandUnstarted, type Ending } from './command-failure.ts'
import type { Command, Process } from './environment.ts'
import { openStderrTail, type StderrTail } from './stderr-tail.ts'
import { type Running, supervise } from './supervise.ts'

/** What a local command finds, and how patiently it is ended. */
export interface LocalOptions {
  /** What the command's own variables are added to; also where its program is looked for (PATH). */
  env: Readonly<Record<string, string | undefined>>
  /** Between TERM and KILL. */
  graceMilliseconds?: number
}

const where = 'on this machine'

/**
 * Runs a command on this machine, in a process group of its own: a Ctrl-C on the terminal does not reach it, and aborting ends all of
 * the group, by TERM and after a grace by KILL. Never a shell: argv goes to the program as it is.
 */
export function startProcess(command: Command, options: LocalOptions, signal?: AbortSignal): Process {
  return supervise(command, where, () => start(command, options), signal)
}

function start(command: Command, { env, graceMilliseconds = 5000 }: LocalOptions): Running {
  const [program, ...rest] = command.argv
  const child = spawn(program, rest, {
    env: { ...env, ...command.env },
    stdio: [command.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const tail = openStderrTail()
  child.stderr?.on('data', tail.add)
  // Without a listener Node throws away what nobody began to read before the exit.
  child.stdout?.on('readable', () => {})
  const ended = ending(command, child, tail)
  return {
    output: child.stdout ?? Readable.from([]), // none when no more files can be opened: `ended` rejects
    input: child.stdin ?? undefined,
    ended,
    end: () => end(child, ended, graceMilliseconds),
  }
}

function ending(command: Command, child: ChildProcess, tail: StderrTail): Promise<Ending> {
  const exit = new Promise<Omit<Ending, 'stderr'>>((resolve, reject) => {
    child.once('error', error => reject(commandUnstarted(command, where, error)))
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    )
  })
  return exit.then(async ending => {
    await lastWords(child)
    return { ...ending, stderr: tail.text() }
  })
}

/** What the command wrote last may arrive after its exit; a child of it that keeps stderr open for ever does not hold us. */
async function lastWords({ stderr }: ChildProcess): Promise<void> {
  if (!stderr || stderr.closed) return
  const patience = new AbortController()
  const closed = new Promise(resolve => stderr.once('close', resolve))
  await Promise.race([closed, systemClock.sleep(1000, patience.signal).catch(() => {})])
  patience.abort()
}

async function end(child: ChildProcess, ended: Promise<unknown>, graceMilliseconds: number): Promise<void> {
  const patience = new AbortController()
  signalGroup(child, 'SIGTERM')
  const over = ended.catch(() => {})
  await Promise.race([over, systemClock.sleep(graceMilliseconds, patience.signal).catch(() => {})])
  patience.abort()
  // Also when the command itself is gone: what it started and did not wait for goes with it.
  signalGroup(child, 'SIGKILL')
  await over
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // The group is empty: that is what was wanted.
  }
}
