import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { DatabaseChoice } from '../postgres/database.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located } from '../services.ts'
import { readGlobals } from './backup.ts'
import { type Created, type CreateRequest, created, type OfServer } from './created.ts'
import { type Done, each } from './each.ts'
import { quiescedClients } from './quiesced.ts'
import { chosenNames } from './whole-server.ts'

/** The backups of one run over a server; see `each` for what happens when some fail. */
export interface CreatedServer {
  serverRun: string
  databases: readonly Done<'database', Created>[]
}

/** Backs up the databases of a server that are chosen, each as a source of its own; roles are read once, before the first. */
export async function createdServer(
  request: CreateRequest,
  choice: DatabaseChoice,
  context: Context,
  { located, repository }: { located: Located; repository: Repository },
): Promise<CreatedServer> {
  const { services, signal } = context
  const names = await openDatabases(located, choice, context)
  const serverRun = { id: services.newRun(), databases: names.length }
  const ofServer = { serverRun, globals: await globalsOf(request, serverRun.id, located, context) }
  const task = {
    what: 'database' as const,
    done: request.verify ? 'backed up and verified' : 'backed up',
    failed: 'Try the others again by themselves, with --database.',
    facts: { serverRun: serverRun.id },
  }
  // Once for all: the databases of an application are then of one moment, and its services rest but once.
  const parts = { located, repository, operation: 'create' }
  await using _resting = await quiescedClients(request.rest, context, parts)
  const databases = await each(names, task, context, async name => {
    const one = { located: await located.beside(name, signal), repository }
    return created({ ...request, rest: undefined }, context, one, ofServer)
  })
  return { serverRun: serverRun.id, databases }
}

/** The databases that are chosen. One that is closed is told, because nobody would miss its backup before it is needed. */
async function openDatabases(
  { database }: Located,
  choice: DatabaseChoice,
  context: Context,
): Promise<string[]> {
  const all = await database.server().databases(context.signal)
  const chosen = chosenNames(
    all.map(({ name }) => name),
    choice,
    context,
  )
  const closed = all.filter(({ name, open }) => !open && chosen.includes(name)).map(({ name }) => name)
  for (const name of closed)
    context.report({
      type: 'warning',
      message: `${name} does not allow connections and is left out`,
      hint: 'If that is meant to stay so, exclude it.',
    })
  if (closed.length < chosen.length) return chosen.filter(name => !closed.includes(name))
  throw new RespaldoError('source-not-found', 'None of the databases that are meant allows connections')
}

async function globalsOf(
  { rolePasswords = false }: CreateRequest,
  run: string,
  located: Located,
  { signal, report }: Context,
): Promise<OfServer['globals']> {
  const globals = await readGlobals(located, { run, passwords: rolePasswords }, report, signal)
  if ('missing' in globals)
    report({ type: 'warning', message: `The backups will have no roles: ${globals.missing}` })
  return globals
}
