import { compactTime } from '../../clock.ts'
import type { Report } from '../../events.ts'
import type { RestoreInput, RestorePlan, RestoreResult } from '../database.ts'
import { type Client, execute, query } from '../psql.ts'
import { identifier, literal, suffixed } from '../sql.ts'
import { compareRows } from './compare.ts'
import { load } from './load.ts'
import { commentSql, type DatabaseMarker, markSql } from './markers.ts'
import type { DatabaseProperties } from './properties.ts'
import { maintenance } from './server.ts'
import { renamed } from './swap.ts'

/** One restore on its way: what its steps share. */
export interface Restoring {
  client: Client
  plan: RestorePlan
  input: RestoreInput
  properties: DatabaseProperties
  /** Set when the database under the name exists: it will be kept. */
  old: { comment: string | null } | undefined
  report: Report
  signal: AbortSignal | undefined
}

/** The marker of a restore's own database. */
export const marker = (
  { plan }: Restoring,
  state: DatabaseMarker['state'],
  comment?: string | null,
): DatabaseMarker => ({
  state,
  of: plan.request.database,
  at: plan.request.time.toISOString(),
  ...(comment ? { comment } : {}),
})

/** Where a restore is built: `<database>_restoring_<time>` within 63 bytes. */
export const sideName = (database: string, time: Date): string =>
  suffixed(database, `_restoring_${compactTime(time).toLowerCase()}`)
/** Where the old database is kept: `<database>_before_<time>` within 63 bytes. */
export const keptName = (database: string, time: Date): string =>
  suffixed(database, `_before_${compactTime(time).toLowerCase()}`)

/** Restores beside the old database and swaps the names; a failure before the swap drops what was made beside and changes nothing else. */
export async function swap(restoring: Restoring): Promise<RestoreResult> {
  const { client, plan, old, signal } = restoring
  const { database, time } = plan.request
  const side = sideName(database, time)
  await createMarked(restoring, side, marker(restoring, 'side'))
  try {
    const counts = await fill(restoring, side)
    const kept = old ? keptName(database, time) : undefined
    restoring.report({
      type: 'step',
      step: 'swap',
      message: kept ? `Swapping the names: the old database becomes ${kept}` : `Naming it ${database}`,
    })
    await renamed(client, old ? database : side, swapStatements(restoring, side, kept), signal)
    return { database, kept, ...counts }
  } catch (error) {
    await drop(client, database, side)
    throw error
  }
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
    commentSql(database, restoring.properties.comment),
  ]
}

/** Restores under the real name: the old database is renamed away first and gets its name back when anything fails. */
export async function inPlace(restoring: Restoring): Promise<RestoreResult> {
  const { client, plan, report, signal } = restoring
  const { database, time } = plan.request
  const side = sideName(database, time)
  const kept = keptName(database, time)
  await createMarked(restoring, side, marker(restoring, 'side'))
  try {
    report({ type: 'step', step: 'rename', message: `Renaming the old database to ${kept}` })
    await renamed(client, database, awayStatements(restoring, side, kept), signal)
  } catch (error) {
    await drop(client, database, side)
    throw error
  }
  try {
    const counts = await fill(restoring, database)
    const options = { database: maintenance(database), signal }
    const done = [
      commentSql(database, restoring.properties.comment),
      markSql(kept, marker(restoring, 'kept', restoring.old?.comment)),
    ]
    await execute(client, ['BEGIN;', ...done, 'COMMIT;'].join('\n'), options)
    return { database, kept, ...counts }
  } catch (error) {
    await putBack(client, { database, kept, comment: restoring.old?.comment ?? undefined })
    throw error
  }
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

/** Lets nobody in but the owner and superusers; `fill` opens what was restored in place. */
export const closeSql = (name: string): string =>
  `REVOKE CONNECT ON DATABASE ${identifier(name)} FROM PUBLIC;`

/** Drops what stands under the name and gives the old database its name and its comment back. */
export async function putBack(
  client: Client,
  back: { database: string; kept: string; comment: string | undefined },
): Promise<void> {
  await drop(client, back.database, back.database)
  await renamed(client, back.kept, [
    `ALTER DATABASE ${identifier(back.kept)} RENAME TO ${identifier(back.database)};`,
    commentSql(back.database, back.comment),
  ])
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

/** Loads, compares, analyzes, and gives the database its properties. */
export async function fill(restoring: Restoring, name: string): Promise<{ tables: number; rows: number }> {
  const { client, plan, input, report, signal } = restoring
  const options = { database: name, signal }
  report({ type: 'step', step: 'restore', message: `Restoring into ${name}` })
  await load(client, plan.request, input, { database: name, single: false }, report, signal)
  report({ type: 'step', step: 'compare', message: "Comparing every table's rows with the backup" })
  const counts = await compareRows(client, name, input.tables ?? [], signal)
  report({ type: 'step', step: 'analyze', message: 'Running ANALYZE' })
  await execute(client, 'ANALYZE;', options)
  await execute(client, propertyScript(restoring, name), {
    database: maintenance(plan.request.database),
    signal,
  })
  return counts
}

function propertyScript({ plan, properties }: Restoring, name: string): string {
  const owner = properties.owner
    ? `ALTER DATABASE ${identifier(name)} OWNER TO ${identifier(properties.owner)};`
    : ''
  const open =
    plan.request.mode === 'in-place' ? `GRANT CONNECT ON DATABASE ${identifier(name)} TO PUBLIC;` : ''
  return [open, properties.apply(name), owner].join('\n')
}

/** Drops a database that is ours, ending whoever is connected to it. Missing is no failure. */
export async function drop(client: Client, target: string, name: string): Promise<void> {
  const options = { database: maintenance(target) }
  const found = await query(client, `SELECT 1 FROM pg_database WHERE datname = ${literal(name)}`, options)
  if (found.length > 0) await execute(client, `DROP DATABASE ${identifier(name)} WITH (FORCE);`, options)
}
