import { Command, CommanderError, Option } from 'commander'
import { commands, type Flag } from './flags.ts'
import type { Outside } from './outside.ts'
import { addServiceCommands } from './unattended/commands.ts'

/** Flags that every command takes. */
export interface GlobalOptions {
  dir?: string
  profile?: string
  environment?: string
  config?: string
  json?: boolean
  quiet?: boolean
  verbose?: boolean
  color?: boolean
  yes?: boolean
}

/** Runs one command line and returns its exit code. Nothing but commander is loaded before the command is known. */
export async function run(argv: readonly string[], outside: Outside): Promise<number> {
  let code = 0
  const set = (result: number) => {
    code = result
  }
  const program = commandLine(outside, set)
  try {
    await program.parseAsync(argv as string[], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
}

function commandLine(outside: Outside, done: (code: number) => void): Command {
  const program = new Command('respaldo')
    .description('Backs up PostgreSQL in containers, and proves that it comes back')
    .version(outside.version, '--version')
    .exitOverride()
    .configureOutput({
      writeOut: text => outside.stdout.write(text),
      writeErr: text => outside.stderr.write(text),
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', exitCodes)
  for (const [name, { argument, flags }] of Object.entries(commands)) {
    const command = program.command(name).description(summaries[name] ?? '')
    if (argument) command.argument(`[${argument}]`)
    for (const flag of flags) addFlag(command, flag)
    addGlobals(command).action(async (...given: unknown[]) => {
      const positional = argument ? (given[0] as string | string[] | undefined) : undefined
      const { runFunction } = await import('./run-function.ts')
      done(await runFunction(name, { argument, positional, options: command.opts(), flags }, outside))
    })
  }
  addServe(program, outside, done)
  addServiceCommands(program, outside, { addGlobals, done })
  program
    .command('demo')
    .description('Do the main job on an embedded database, in folders of its own')
    .action(async () => done(await (await import('./demo.ts')).demo(outside)))
  return program
}

const summaries: Readonly<Record<string, string>> = {
  create: 'Back up a database, or every one of a server',
  'volume-backup': 'Back up volumes, named or all of a container or project',
  list: 'List backups, newest first',
  restore: 'Restore a backup, a whole server or volumes, or undo a restore',
  verify: 'Verify backups and keep the proof',
  export: 'Write a backup, or several of volumes, as a standalone standard file',
  status: 'Show environments, sources, tools, last backups, and what has none',
  remove: 'Remove a backup, or an old database that a restore kept',
  undo: 'Bring a forgotten backup back out of the trash',
  pin: 'Keep a backup for ever, or until it is unpinned',
  accept: 'Accept that rows or bytes fell by half after a backup',
  'apply-retention': 'Forget the backups that no rule wants, and empty the trash',
  recover: 'Stop a Compose project, restore its databases, and start it again',
  runs: 'List runs, newest first, or show one',
  drill: 'Exercise recovery on scratch servers, and keep a report',
}

function addFlag(command: Command, flag: Flag): void {
  const option = new Option(flag.flags, flag.text)
  option.negate = false // `--no-defaults` is a flag of its own, not the opposite of another
  if (flag.many) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  command.addOption(option)
}

function addGlobals(command: Command): Command {
  return command
    .option('--dir <path>', 'repository (default ./backups, BACKUP_DIR)')
    .option('--profile <name>', 'development, staging or production')
    .option('--environment <name>', 'docker, direct or embedded')
    .option('--config <file>', 'configuration (default ./respaldo.yaml)')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'no progress')
    .option('--verbose', 'more')
    .option('--no-color', 'no colours (NO_COLOR)')
    .option('--yes', 'confirm without asking; for scripts')
}

function addServe(program: Command, outside: Outside, done: (code: number) => void): void {
  addGlobals(program.command('serve').description('Serve the functions over HTTP at /api/<function>'))
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--port <number>', 'port to bind', '8787')
    .action(async options => done(await (await import('./serve.ts')).serve(options, outside)))
}

const exitCodes = `
Exit codes: 0 done, 1 internal, 2 bad input, 3 not allowed, 4 not found, 5 unreachable, 6 command failed,
7 repository's medium, 8 refused as unsafe or not confirmed, 9 too many at once, 10 no repository, 11 locked, 12 the runner
died or stops, 20 damaged data, 124 timed out, 130 cancelled.
`
