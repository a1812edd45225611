import { spawn } from 'node:child_process'

interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
}

/** Runs a command of this machine to its end; rejects with its last lines of output when it fails. */
export function run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const [command, ...rest] = argv
  const child = spawn(command, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(stdout).toString())
      const said = Buffer.concat([...stdout, ...stderr]).toString()
      reject(new Error(`${argv.join(' ')} ended with ${code ?? signal}: ${lastLines(said)}`))
    })
  })
}

/** Says whether a command can be found on PATH. */
export async function hasCommand(name: string): Promise<boolean> {
  return run(['sh', '-c', `command -v ${name}`], { env: withSystemPath(process.env) }).then(
    () => true,
    () => false,
  )
}

/** Root's PATH: an ordinary login may lack the sbin folders in which ip, dockerd and debootstrap live. */
export function withSystemPath(env: NodeJS.ProcessEnv, ...first: string[]): NodeJS.ProcessEnv {
  const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return { ...env, PATH: [...first, env.PATH, system].filter(Boolean).join(':') }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-12).join('\n')
}
