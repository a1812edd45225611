import { type Command, Option } from 'commander'
import type { GlobalOptions } from '../cli.ts'
import type { Outside } from '../outside.ts'

interface Adding {
  addGlobals(command: Command): Command
  done(code: number): void
}

/** Adds the commands of who lets a server do the work: its configuration, its schedules, and the service that keeps it running. */
export function addServiceCommands(program: Command, outside: Outside, adding: Adding): void {
  addConfig(program, outside, adding)
  addSchedule(program, outside, adding)
  addService(program, outside, adding)
}

const configActions = {
  check: 'Say whether the configuration is sound, with every problem',
  show: 'Show what the configuration comes to, without secrets',
  schema: "Print the configuration's JSON Schema, for editors",
} as const

function addConfig(program: Command, outside: Outside, { addGlobals, done }: Adding): void {
  const command = program.command('config').description('Check or show the configuration')
  for (const [action, text] of Object.entries(configActions))
    addGlobals(command.command(action).description(text)).action(async (options: GlobalOptions) => {
      const { config } = await import('../config-command.ts')
      done(await config(action as keyof typeof configActions, options, outside))
    })
}

function addSchedule(program: Command, outside: Outside, { addGlobals, done }: Adding): void {
  const command = program.command('schedule').description('Show schedules, or run one now')
  const show = async (schedule: string | undefined, options: GlobalOptions & { count?: string }) => {
    const { runFunction } = await import('../run-function.ts')
    const { count, ...rest } = options
    const given = { ...rest, ...(schedule === undefined ? {} : { schedule }), next: count }
    done(
      await runFunction(
        'schedule',
        { argument: undefined, positional: undefined, options: given, flags: [] },
        outside,
      ),
    )
  }
  addGlobals(command.command('list').description('Show what is scheduled, and the last and next times'))
    .argument('[schedule]')
    .action(show)
  addGlobals(command.command('next').description('Show the next firings in order'))
    .argument('[schedule]')
    .option('--count <n>', 'so many', '10')
    .action(show)
  addGlobals(command.command('run').description('Do now what a schedule says, and what follows it'))
    .argument('<schedule>')
    .action(async (schedule: string, options: GlobalOptions) => {
      const { runSchedule } = await import('../schedule-run.ts')
      done(await runSchedule(schedule, options, outside))
    })
}

function addService(program: Command, outside: Outside, { addGlobals, done }: Adding): void {
  const user = 'of this user instead of the whole system'
  addGlobals(
    program
      .command('install-service')
      .description('Write a systemd unit that serves, or print one, a crontab line or a CronJob'),
  )
    .argument('[schedule]', 'what a crontab line or a CronJob runs')
    .option('--user', user)
    .addOption(
      new Option('--print <what>', 'print it and write nothing').choices(['unit', 'crontab', 'cronjob']),
    )
    .action(async (schedule: string | undefined, options) => {
      const { installService } = await import('./install.ts')
      done(await installService(schedule, options, outside))
    })
  addGlobals(
    program
      .command('check-service')
      .description('Show whether the service runs, its next firing and its last results'),
  )
    .option('--user', user)
    .action(async options => {
      const { checkService } = await import('./check.ts')
      done(await checkService(options, outside))
    })
}
