import { RespaldoError } from '../errors.ts'
import type { Command } from './environment.ts'

/** How a command ended. */
export interface Ending {
  exitCode: number | undefined
  /** `SIGKILL`, where a signal ended it. */
  signal?: string | undefined
  /** Its last lines of stderr. */
  stderr: string
}

/** The error of a command that failed: what, where, how, and what it said last; secrets are masked in all of it. */
export function commandFailed(command: Command, where: string, ending: Ending): RespaldoError {
  const stderr = redact(ending.stderr, command.env)
  const lines = stderr.split('\n')
  // What comes behind the error is where it was, not what it was.
  const said = lines.findLast(line => /\b(ERROR|FATAL|PANIC|error|fatal):/.test(line)) ?? lines.at(-1)
  const message = `${commandName(command)} failed ${where} (${manner(ending)})${said ? `: ${said}` : ''}`
  return new RespaldoError('command-failed', message, {
    hint: hintFor(command, where, ending),
    context: {
      argv: command.argv.map(argument => redact(argument, command.env)),
      exitCode: ending.exitCode,
      signal: ending.signal,
      stderr,
    },
  })
}

/** The error of a command that did not even start, most often because its program does not exist there. */
export function commandUnstarted(
  command: Command,
  where: string,
  cause: NodeJS.ErrnoException,
): RespaldoError {
  const missing = cause.code === 'ENOENT'
  const [program] = command.argv
  const why = missing
    ? `was not found ${where}`
    : `could not be started ${where} (${cause.code ?? cause.message})`
  return new RespaldoError('command-failed', `${program} ${why}`, {
    cause,
    hint: missing ? missingHint(command, where) : undefined,
    context: {
      argv: command.argv.map(argument => redact(argument, command.env)),
      exitCode: missing ? 127 : 126,
      stderr: '',
    },
  })
}

/** The error of a command whose output ended before the command did. */
export function streamCut(command: Command, where: string, why: string, cause?: unknown): RespaldoError {
  return new RespaldoError(
    'command-failed',
    `The output of ${commandName(command)} ${where} was cut: ${why}`,
    {
      cause,
      hint: 'Try again; if it happens again, look at the log of the container engine and of the server.',
      context: { argv: command.argv.map(argument => redact(argument, command.env)) },
    },
  )
}

/** The program's name; of a shell script, the name that it was given as `$0`. */
export function commandName({ argv: [program, flag, , name], env }: Command): string {
  return redact(program === 'sh' && flag === '-c' && name ? name : program, env)
}

/** Masks passwords of URLs, of connection strings and of statements, and the values of variables that hold secrets. */
export function redact(text: string, env: Command['env'] = {}): string {
  const masked = text
    .replaceAll(/(\w+:\/\/[^\s:@/]*):\S+@/g, '$1:***@')
    .replaceAll(/\b(password\s*=\s*|password\s+)('(?:[^']|'')*'|(?<==\s*)[^\s'&]+)/gi, '$1***')
  return secretsOf(env).reduce((rest, secret) => rest.replaceAll(secret, '***'), masked)
}

/** A password that is also the user's or the database's name cannot be masked: every message names those. */
function secretsOf(env: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(env)
  const isSecret = (name: string) => /PASS(WORD|PHRASE)?$|SECRET|TOKEN|_KEY$/.test(name)
  const open = new Set(entries.filter(([name]) => !isSecret(name)).map(([, value]) => value))
  const secrets = entries.filter(([name, value]) => isSecret(name) && value.length > 2 && !open.has(value))
  return secrets.map(([, value]) => value)
}

function manner({ exitCode, signal }: Ending): string {
  if (signal) return `ended by ${signal}`
  return exitCode === undefined ? 'its exit status is not known' : `exit status ${exitCode}`
}

function hintFor(command: Command, where: string, { exitCode, signal }: Ending): string | undefined {
  if (exitCode === 127) return missingHint(command, where)
  if (exitCode === 126) return `${command.argv[0]} exists ${where} but may not be run.`
  if (exitCode === 137 || signal === 'SIGKILL') return 'Something killed it: look whether memory ran out.'
  return undefined
}

function missingHint({ argv: [program] }: Command, where: string): string {
  const isPostgres = /^(pg_|psql$)/.test(program)
  return isPostgres
    ? `Install the PostgreSQL client tools ${where} (${program} has to be on the PATH).`
    : `${program === 'sh' ? 'What it runs' : program} has to be on the PATH ${where}.`
}
