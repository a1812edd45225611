import { compactTime } from '../../clock.ts'
import type { Report } from '../../events.ts'
import { endBackends } from '../backends.ts'
import type { RestoreInput, RestorePlan, RestoreResult } from '../database.ts'
import { type Client, execute, query } from '../psql.ts'
import { identifier, literal, suffixed } from '../sql.ts'
import { compareAndAnalyze, comparing } from './compare.ts'
import { type LoadOptions, load } from './load.ts'
import { commentSql, type DatabaseMarker, type MarkedDatabase, markedDatabases, markSql } from './markers.ts'
import type { DatabaseProperties } from './properties.ts'
import { isEmpty, maintenance } from './server.ts'
import { renamed } from './swap.ts'

/** One restore on its way: what its steps share. */
export interface Restoring {
  client: Client
  plan: RestorePlan
  input: RestoreInput
  properties: DatabaseProperties
  /** Schemas that have to be there before the archive is loaded. */
  schemas: readonly string[]
  /** The database that the connection names, and so the lease: who holds it next takes back what is left half made. */
  home: string
  /** Set when the database under the name exists: it will be kept. */
  old: { comment: string | null } | undefined
  report: Report
  signal: AbortSignal | undefined
}

/** The marker of a restore's own database. */
export const marker = (
  { plan, home }: Restoring,
  state: DatabaseMarker['state'],
  comment?: string | null,
): DatabaseMarker => ({
  state,
  of: plan.request.database,
  at: plan.request.time.toISOString(),
  ...(home === plan.request.database ? {} : { from: home }),
  ...(comment ? { comment } : {}),
  ...(plan.request.scratch ? { maker: plan.request.scratch } : {}),
})

/** What the restored database says of itself: its own comment, unless it will be thrown away. */
const lastComment = (restoring: Restoring, name: string): string =>
  restoring.plan.request.scratch
    ? markSql(name, marker(restoring, 'scratch'))
    : commentSql(name, restoring.properties.comment)

/** Where a restore is built: `<database>_restoring_<time>` within 63 bytes. */
export const sideName = (database: string, time: Date): string =>
  suffixed(database, `_restoring_${compactTime(time).toLowerCase()}`)
/** Where the old database is kept: `<database>_before_<time>` within 63 bytes. */
export const keptName = (database: string, time: Date): string =>
  suffixed(database, `_before_${compactTime(time).toLowerCase()}`)

/** Restores beside the old database and swaps the names; a failure before the swap drops what was made beside and changes nothing else. */
export function swap(restoring: Restoring): Promise<RestoreResult> {
  const { client, plan, old, signal } = restoring
  const { database, time } = plan.request
  const side = sideName(database, time)
  return orTakenBack(restoring, async () => {
    await createMarked(restoring, side, marker(restoring, 'side'))
    const counts = await fill(restoring, side)
    const kept = old ? keptName(database, time) : undefined
    if (old) await restoring.input.beforeReplacing?.()
    restoring.report({
      type: 'step',
      step: 'swap',
      message: kept ? `Swapping the names: the old database becomes ${kept}` : `Naming it ${database}`,
    })
    await renamed(client, old ? database : side, swapStatements(restoring, side, kept), signal)
    return { database, kept, ...counts }
  })
}

function swapStatements(restoring: Restoring, side: string, kept: string | undefined): string[] {
  const { database } = restoring.plan.request
  const keep = kept
    ? [
        `ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(kept)};`,
        markSql(kept, marker(restoring, 'kept', restoring.old?.comment)),
      ]
    : []
  return [
    ...keep,
    `ALTER DATABASE ${identifier(side)} RENAME TO ${identifier(database)};`,
    lastComment(restoring, database),
  ]
}

/** Restores under the real name: the old database is renamed away first and gets its name back when anything fails. */
export function inPlace(restoring: Restoring): Promise<RestoreResult> {
  const { client, plan, report, signal } = restoring
  const { database, time } = plan.request
  const side = sideName(database, time)
  const kept = keptName(database, time)
  return orTakenBack(restoring, async () => {
    await createMarked(restoring, side, marker(restoring, 'side'))
    await restoring.input.beforeReplacing?.()
    report({ type: 'step', step: 'rename', message: `Renaming the old database to ${kept}` })
    await renamed(client, database, awayStatements(restoring, side, kept), signal)
    const counts = await build(restoring, database)
    await execute(client, provenScript(restoring, kept), { database: maintenance(database), signal })
    return { database, kept, ...counts }
  })
}

/** Opens the new database and lets the old one go in one transaction: what others can write to is never dropped again. */
function provenScript(restoring: Restoring, kept: string): string {
  const { database } = restoring.plan.request
  return [
    'BEGIN;',
    propertyScript(restoring, database),
    lastComment(restoring, database),
    markSql(kept, marker(restoring, 'kept', restoring.old?.comment)),
    'COMMIT;',
  ].join('\n')
}

/** Takes a failed restore back, however far it came; what cannot be taken back now is left to the next run. */
async function orTakenBack(restoring: Restoring, work: () => Promise<RestoreResult>): Promise<RestoreResult> {
  try {
    return await work()
  } catch (error) {
    await takeBackOwn(restoring).catch(() => {})
    throw error
  }
}

async function takeBackOwn({ client, plan, home }: Restoring): Promise<void> {
  const { database, time } = plan.request
  await endBackends(client, [client.run]) // a step may go on in the server without its client
  const own = (await halfMade(client, home)).filter(
    ({ name, at }) => at === time.toISOString() || name === sideName(database, time),
  )
  await takeBack(client, own)
}

function awayStatements(restoring: Restoring, side: string, kept: string): string[] {
  const { database } = restoring.plan.request
  return [
    `ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(kept)};`,
    markSql(kept, marker(restoring, 'replaced', restoring.old?.comment)),
    `ALTER DATABASE ${identifier(side)} RENAME TO ${identifier(database)};`,
    markSql(database, marker(restoring, 'unproven')),
    closeSql(database),
  ]
}

/** Lets nobody in but the owner and superusers, until what was restored in place gets its properties. */
export const closeSql = (name: string): string =>
  `REVOKE CONNECT ON DATABASE ${identifier(name)} FROM PUBLIC;`

/** What restores from `home` have marked as theirs, and what they had not come to mark. */
export async function halfMade(
  client: Client,
  home: string,
  signal?: AbortSignal,
): Promise<MarkedDatabase[]> {
  const marked = await markedDatabases(client, maintenance(home), signal)
  return marked.filter(({ name, state, of, from }) =>
    state === 'unmarked' ? name === suffixed(home, name.slice(of.length)) : (from ?? of) === home,
  )
}

/** Drops side databases and gives old ones their names back. Says what it did. */
export async function takeBack(client: Client, marked: readonly MarkedDatabase[]): Promise<string[]> {
  const did: string[] = []
  for (const { name, of, state } of marked) {
    if (state !== 'side' && !(state === 'unmarked' && (await isEmpty(client, name)))) continue
    await drop(client, of, name)
    did.push(`dropped ${name}, which an interrupted restore left half made`)
  }
  for (const old of marked.filter(({ state }) => state === 'replaced')) {
    const unproven = marked.some(({ state, name }) => state === 'unproven' && name === old.of)
    if (unproven) await drop(client, old.of, old.of)
    did.push(await giveBack(client, old))
  }
  return did
}

/** Gives an old database its name and its comment back, unless somebody else's has the name meanwhile. */
async function giveBack(client: Client, { name, of, at, comment }: MarkedDatabase): Promise<string> {
  if (await exists(client, of, of)) {
    const mark = markSql(name, { state: 'kept', of, at, ...(comment === undefined ? {} : { comment }) })
    await execute(client, mark, { database: maintenance(of) })
    return `kept ${name} after an interrupted restore in place: another database is called ${of} by now`
  }
  await renamed(client, name, [
    `ALTER DATABASE ${identifier(name)} RENAME TO ${identifier(of)};`,
    commentSql(of, comment),
  ])
  return `gave ${name} its name ${of} back after an interrupted restore in place`
}

/** A new database from template0 with the archive's encoding and locale, marked as ours. */
export async function createMarked(restoring: Restoring, name: string, mark: DatabaseMarker): Promise<void> {
  const { client, plan, properties, report, signal } = restoring
  report({ type: 'step', step: 'create', message: `Creating ${name}` })
  await execute(client, `${properties.create(name)}\n${markSql(name, mark)}`, {
    database: maintenance(plan.request.database),
    signal,
  })
}

/** Builds, and gives the database its properties. */
async function fill(restoring: Restoring, name: string): Promise<{ tables: number; rows: number }> {
  const counts = await build(restoring, name)
  const { client, plan, signal } = restoring
  const options = { database: maintenance(plan.request.database), signal }
  await execute(client, propertyScript(restoring, name), options)
  return counts
}

/** Loads, compares and analyzes. */
export async function build(restoring: Restoring, name: string): Promise<{ tables: number; rows: number }> {
  const { client, plan, input, schemas, report, signal } = restoring
  const making = schemas.map(schema => `CREATE SCHEMA ${identifier(schema)};`)
  if (making.length > 0) await execute(client, making.join('\n'), { database: name, signal })
  for (const { step, message, ...part } of partsOf(restoring)) {
    report({ type: 'step', step, message: `${message} into ${name}` })
    await load(client, plan.request, input, { database: name, single: false, ...part }, report, signal)
  }
  report({ type: 'step', step: 'compare', message: comparing })
  return compareAndAnalyze(client, name, input.tables ?? [], signal)
}

type Part = { step: string; message: string; section?: NonNullable<LoadOptions['section']> }

/** A trial restore of an archive goes section by section, so that it can be told how long each takes. */
function partsOf({ plan, input }: Restoring): readonly Part[] {
  if (!plan.request.scratch || input.format === 'plain') return [{ step: 'restore', message: 'Restoring' }]
  return [
    { step: 'schema', message: 'Restoring definitions', section: 'pre-data' },
    { step: 'data', message: 'Restoring data', section: 'data' },
    { step: 'indexes', message: 'Restoring indexes and constraints', section: 'post-data' },
  ]
}

/** Owner, privileges, settings and limits of a restored database; after a restore in place also the way in. */
export function propertyScript({ plan, properties }: Restoring, name: string): string {
  const owner = properties.owner
    ? `ALTER DATABASE ${identifier(name)} OWNER TO ${identifier(properties.owner)};`
    : ''
  const open =
    plan.request.mode === 'in-place' ? `GRANT CONNECT ON DATABASE ${identifier(name)} TO PUBLIC;` : ''
  return [open, properties.apply(name), owner].join('\n')
}

/** Drops a database that is ours, ending whoever is connected to it. Missing is no failure. */
export async function drop(client: Client, target: string, name: string): Promise<void> {
  if (await exists(client, target, name))
    await execute(client, `DROP DATABASE ${identifier(name)} WITH (FORCE);`, {
      database: maintenance(target),
    })
}

async function exists(client: Client, target: string, name: string): Promise<boolean> {
  const select = `SELECT 1 FROM pg_database WHERE datname = ${literal(name)}`
  return (await query(client, select, { database: maintenance(target) })).length > 0
}
