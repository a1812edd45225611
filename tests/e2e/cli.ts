import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../runner/respaldo.mjs', import.meta.url))

export interface Finished {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** The document of `--json`. */
  json<T>(): T
}

export interface Started {
  pid: number
  kill(signal: NodeJS.Signals): void
  /** Waits until stderr says it. */
  said(what: RegExp): Promise<string>
  finished: Promise<Finished>
}

/** The real command line as a process of its own, without the variables that would point it at another database. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  })
  const out: string[] = []
  const err: string[] = []
  child.stdout.setEncoding('utf8').on('data', text => out.push(text))
  child.stderr.setEncoding('utf8').on('data', text => err.push(text))
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => {
      const stdout = out.join('')
      resolve({ exitCode, signal, stdout, stderr: err.join(''), json: <T>() => JSON.parse(stdout) as T })
    })
  })
  const said = async (what: RegExp): Promise<string> => {
    for (;;) {
      const found = what.exec(err.join(''))
      if (found) return found[0]
      if (child.exitCode !== null) throw new Error(`It ended without saying ${what}: ${err.join('')}`)
      await Promise.race([once(child.stderr, 'data'), finished])
    }
  }
  return { pid: child.pid!, kill: signal => child.kill(signal), said, finished }
}

/** Runs it to its end. */
export const cli = (
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<Finished> => startCli(args, env, cwd).finished
