import { RespaldoError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import type { KeptDatabase, RestoreInput, RestorePlan, RestoreResult, Restores } from '../database.ts'
import { type Client, execute } from '../psql.ts'
import { identifier } from '../sql.ts'
import { chooseWay } from '../transport.ts'
import { compareAndAnalyze, comparing } from './compare.ts'
import { contentsOf, entriesOf, lackingSchemas, partOf, tableOfContents } from './contents.ts'
import { dropFirst } from './drop-first.ts'
import { fillFacts } from './fill.ts'
import { load } from './load.ts'
import { commentSql, markedDatabases, markSql } from './markers.ts'
import { planRestore } from './plan.ts'
import { databaseProperties } from './properties.ts'
import { recover } from './recovery.ts'
import { makeRoles } from './roles.ts'
import { existingDatabase, maintenance, serverFacts } from './server.ts'
import { renamed } from './swap.ts'
import { makeTablespaces } from './tablespaces.ts'
import { inPlace, keptName, type Restoring, swap } from './transaction.ts'

/** Restores over client tools. `database` is the one that the connection names. */
export function shellRestores(clientOf: (run: string) => Promise<Client>, database: string): Restores {
  return {
    async plan(request, input, signal) {
      const client = await clientOf(request.run)
      const { database, part } = request
      const { entries, dumpedFrom, chosen } = await contentsOf(input, part, signal)
      const server = await serverFacts(client, request, signal)
      const fill =
        part?.dataOnly && server.existing ? await fillFacts(client, database, entries, signal) : undefined
      return planRestore(request, {
        server,
        entries: part?.dataOnly ? [] : entries,
        part: chosen && { chosen, fill },
        dumpedFrom,
        neededBytes: part ? undefined : (input.databaseBytes ?? input.rawBytes),
        globals: input.globals,
      })
    },
    run: async (plan, input, report, signal) =>
      run({ client: await clientOf(plan.request.run), plan, input, home: database, report, signal }),
    undo: async (request, signal) => undo(await clientOf(request.run), request, signal),
    async kept(signal) {
      const marked = await markedDatabases(await clientOf('status'), maintenance(database), signal)
      return marked.filter(({ state }) => state === 'kept').map(asKept)
    },
    async removeKept(name, signal) {
      const client = await clientOf('remove')
      const marked = await markedDatabases(client, maintenance(name), signal)
      if (!marked.some(found => found.name === name && found.state === 'kept')) throw notKept(name)
      await execute(client, `DROP DATABASE ${identifier(name)};`, { database: maintenance(name), signal })
    },
    recover: async recovery => recover(await clientOf(recovery.run), database, recovery),
  }
}

async function run(given: Omit<Restoring, 'properties' | 'schemas' | 'old'>): Promise<RestoreResult> {
  const { client, plan, report, signal } = given
  const [refusal] = plan.refusals
  if (refusal)
    throw new RespaldoError(refusal.code, refusal.message, {
      hint: refusal.hint,
      context: { refusals: plan.refusals },
    })
  const { request } = plan
  const input = request.part ? await partOf(given.input, request.part, signal) : given.input
  const { entries } = await tableOfContents(input, signal)
  await createRoles(client, plan, input, report, signal)
  if (request.scratch && request.createRoles)
    await makeTablespaces(client, entries, { database: maintenance(request.database), signal })
  const [old] = await Promise.all([
    existingDatabase(client, request.database, signal),
    chooseWay(client, signal), // asked now, as `load` waits for it
  ])
  if (request.mode === 'into' && old) return fillEmpty(client, plan, input, report, signal)
  const about = input.format === 'plain' && old ? await entriesOf(client, request.database, signal) : entries
  const restoring = {
    ...given,
    input,
    properties: databaseProperties(about),
    schemas: lackingSchemas(entries),
    old,
  }
  if (request.mode !== 'in-place' || !old) return swap(restoring)
  return request.dropFirst ? dropFirst(restoring, await fromBackup(restoring)) : inPlace(restoring)
}

/** The same restore with the safety backup as what is restored. */
async function fromBackup(restoring: Restoring): Promise<Restoring & { reference: string }> {
  const { safety } = restoring.input
  if (!safety) throw new RespaldoError('internal', 'A database is dropped only after a safety backup of it')
  const { entries } = await tableOfContents(safety.input, restoring.signal)
  return {
    ...restoring,
    input: safety.input,
    properties: databaseProperties(entries),
    schemas: [],
    reference: safety.reference,
  }
}

async function createRoles(
  client: Client,
  { request, missingRoles }: RestorePlan,
  input: RestoreInput,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  if (!request.createRoles || missingRoles.length === 0) return
  report({ type: 'step', step: 'roles', message: `Making the roles ${missingRoles.join(', ')}` })
  const options = { database: maintenance(request.database), signal }
  await makeRoles(client, input.globals ?? '', missingRoles, options)
}

/** One transaction, because the database is the user's: it stays empty when anything fails. */
async function fillEmpty(
  client: Client,
  { request }: RestorePlan,
  input: RestoreInput,
  report: Report,
  signal?: AbortSignal,
): Promise<RestoreResult> {
  report({ type: 'step', step: 'restore', message: `Restoring into ${request.database}` })
  await load(client, request, input, { database: request.database, single: true }, report, signal)
  report({ type: 'step', step: 'compare', message: comparing })
  const counts = await compareAndAnalyze(client, request.database, input.tables ?? [], signal).catch(
    error => {
      throw loadedAllTheSame(error, request.database)
    },
  )
  return { database: request.database, kept: undefined, ...counts }
}

/** Here the load was committed before the comparison. */
function loadedAllTheSame(error: unknown, database: string): unknown {
  if (!(error instanceof RespaldoError) || error.code !== 'data-corrupt') return error
  return new RespaldoError(error.code, error.message, {
    hint: `The backup was loaded into ${database} and stays there. Did somebody else write to it meanwhile? Else look at triggers, rules or event triggers that change rows while they are loaded.`,
    context: error.context,
    cause: error,
  })
}

async function undo(
  client: Client,
  request: { time: Date; database: string },
  signal?: AbortSignal,
): Promise<RestoreResult> {
  const { database, time } = request
  const marked = await markedDatabases(client, maintenance(database), signal)
  const kept = marked.find(found => found.state === 'kept' && found.of === database)
  if (!kept)
    throw new RespaldoError('backup-not-found', `No earlier restore kept an old ${database}`, {
      hint: '`respaldo status` lists what is kept.',
    })
  const existing = await existingDatabase(client, database, signal)
  const away = keptName(database, time)
  const marker = {
    state: 'kept' as const,
    of: database,
    at: time.toISOString(),
    ...(existing?.comment ? { comment: existing.comment } : {}),
  }
  const keep = existing
    ? [`ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(away)};`, markSql(away, marker)]
    : []
  const back = [
    `ALTER DATABASE ${identifier(kept.name)} RENAME TO ${identifier(database)};`,
    commentSql(database, kept.comment),
  ]
  await renamed(client, existing ? database : kept.name, [...keep, ...back], signal)
  return { database, kept: existing ? away : undefined, tables: 0, rows: 0 }
}

const asKept = ({
  name,
  of,
  at,
  sizeBytes,
}: {
  name: string
  of: string
  at: string
  sizeBytes: number
}): KeptDatabase => ({ name, of, keptAt: at, sizeBytes })

const notKept = (name: string): RespaldoError =>
  new RespaldoError('source-not-found', `${name} is no database that a restore kept`, {
    hint: '`respaldo status` lists what is kept.',
  })
