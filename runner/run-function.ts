import { type FunctionName, table } from '#functions/table'
import { limitsOf } from '#lib/config/limits'
import { failures, RespaldoError, toRespaldoError } from '#lib/errors'
import { silent } from '#lib/events'
import type { FunctionApp } from '#lib/http/create-function'
import { openServices, type Services } from '#lib/services'
import { ask, canAsk, severalSources } from './choices.ts'
import type { GlobalOptions } from './cli.ts'
import { confirmation } from './confirmation.ts'
import type { Flag } from './flags.ts'
import { invoke, outcome } from './invoke.ts'
import type { Outside } from './outside.ts'
import { openRenderer } from './render.ts'
import { type Called, keptCall } from './runs/one-off.ts'
import { readSettings } from './settings.ts'

export interface Given {
  argument: string | undefined
  positional: string | string[] | undefined
  options: GlobalOptions & Record<string, unknown>
  flags: readonly Flag[]
}

/** Runs one function for the command line: input from flags, events to the terminal, the exit code of its error. */
export async function runFunction(name: string, given: Given, outside: Outside): Promise<number> {
  const renderer = openRenderer(name, given.options, outside)
  try {
    const settings = readSettings(given.options, outside, 'cli')
    const services = openServices(settings)
    const app = await table[name as FunctionName]()
    const input = inputOf(app, given)
    const call: Called = hands => called(app, input, given, hands, outside)
    const hands = { services, report: renderer.event, signal: outside.signal }
    const isRun = app.method === 'POST' && input.dryRun !== true
    const { keepDays } = limitsOf(settings.configuration.limits)
    const result = isRun
      ? await keptCall({ function: name, input }, keepDays, call, hands)
      : await call(hands)
    renderer.result(result)
    return 0
  } catch (error) {
    const known = toRespaldoError(error)
    renderer.error(known)
    return failures[known.code].exit
  }
}

/** Calls the function, asking the user for what it needs to know: which backup, which source, and the confirmation. */
async function called(
  app: FunctionApp,
  input: Record<string, unknown>,
  { options }: Given,
  { services, report, signal }: Parameters<Called>[0],
  outside: Outside,
): Promise<unknown> {
  const once = async (more: Record<string, unknown>) =>
    outcome(
      await invoke(app, services, {
        input: { ...input, ...more },
        events: app.method === 'POST', // what only reads has none, and its answer may be long
        signal,
      }),
      report,
    )
  const asks = canAsk(outside, options)
  // A plan that nobody is asked about is not made twice.
  const more: Record<string, unknown> = options.yes && app.name === 'restore' ? { confirm: 'RESTORE' } : {}
  if (
    asks &&
    app.name === 'restore' &&
    !['backup', 'file', 'undo', 'allDatabases'].some(given => given in input)
  )
    more.backup = await chosenBackup(services, outside)
  for (;;) {
    try {
      return await once(more)
    } catch (error) {
      const sources = severalSources(error)
      if (asks && sources && !('source' in more))
        more.source = await ask(
          'Which source?',
          sources.map(id => ({ value: id, label: id })),
          outside,
        )
      else if (error instanceof RespaldoError && error.code === 'not-confirmed' && !('confirm' in more))
        more.confirm = await confirmation(error, { yes: options.yes ?? false, asks }, outside)
      else throw error
    }
  }
}

interface ListedBackup {
  id: string
  source: string
  scope: string
  finished: string
}

async function chosenBackup(services: Services, outside: Outside): Promise<string> {
  const response = await invoke(await table.list(), services, { input: {} })
  const { backups } = (await outcome(response, silent)) as { backups: ListedBackup[] }
  const choices = backups.map(({ id, source, scope }) => ({
    value: `${source}/${id}`,
    label: `${source}/${id}`,
    hint: scope,
  }))
  if (choices.length === 0) throw new RespaldoError('backup-not-found', 'The repository holds no backup yet')
  return ask('Which backup?', choices, outside)
}

/** Flags of every command. One that the function's own input names too reaches it. */
const globals = new Set(['dir', 'profile', 'config', 'json', 'quiet', 'verbose', 'color', 'yes'])

function inputOf(
  { input: { shape: known } }: FunctionApp,
  { argument, positional, options, flags }: Given,
): Record<string, unknown> {
  const input: Record<string, unknown> =
    argument === undefined || positional === undefined || positional.length === 0
      ? {}
      : { [argument.replace('...', '')]: positional }
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || (globals.has(option) && !(option in known))) continue
    const flag = flags.find(({ flags: text }) => camelCase(text) === option)
    input[flag?.input ?? option] = value
  }
  return input
}

/** `excludeTable` of `--exclude-table <pattern>`. */
function camelCase(flags: string): string {
  return flags
    .split(' ')[0]!
    .slice(2)
    .replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
