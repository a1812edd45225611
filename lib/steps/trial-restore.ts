import type { Context } from '../http/create-function.ts'
import type { RestoreInput, RestoreRequest } from '../postgres/database.ts'
import { compareDigests, sameMajors } from '../postgres/digest/compare.ts'
import { type DumpDigest, digestDump } from '../postgres/digest/digest.ts'
import { identifier } from '../postgres/sql.ts'
import { type DatabaseManifest, isWhole } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { Services } from '../services.ts'
import { timedPhases } from './phases.ts'
import { refuseDifferences } from './refuse-differences.ts'
import { restoreInput } from './restore-input.ts'
import { runChecks } from './trial-checks.ts'

/** What a trial restore showed: all of it came back. */
export interface TrialEvidence {
  /** `a container of postgres:17`. */
  where: string
  compared: {
    tables: number
    rows: number
    /** Objects, privileges, comments and sequences' positions. */
    definitions: number
    /** False where another major version may word them in another way: then they were compared by name. */
    wording: boolean
    largeObjects: number
    /** The user's own questions. */
    checks: number
  }
  /** Of each step, in order: `read` is the backup alone, `dumps` the dump of what was restored and the comparison. */
  seconds: Readonly<Record<string, number>>
}

/** What is restored on trial. */
export interface TrialSubject {
  repository: Repository
  manifest: DatabaseManifest
  /** As if the server that the backup comes from were gone: all has to come from the repository. */
  isPlaceLost?: boolean
}

/**
 * Restores a backup into a throw-away database, dumps that again and compares dump with dump, then asks the user's own questions of it.
 * `data-corrupt` names what differs. What was made for it is removed, whatever happens.
 */
export async function trialRestore(
  { services, report: tell, signal }: Context,
  { repository, manifest, isPlaceLost = false }: TrialSubject,
): Promise<TrialEvidence> {
  const { source, scope } = manifest
  const { format } = manifest.archive
  const reference = `${source.id}/${manifest.id}`
  const { report, seconds } = timedPhases(tell, services.clock)
  const context = { services, report, signal }
  report({ type: 'step', step: 'read', message: `Reading ${reference}` })
  const input = await restoreInput(repository, manifest)
  const stored = await digestDump(input.open(signal), format)
  report({ type: 'step', step: 'scratch', message: 'Making a scratch database' })
  const run = services.newRun()
  await using scratch = await services.scratch({ ...wishes(manifest, run), isPlaceLost }, signal)
  await restoreInto(scratch, run, input, context)
  report({ type: 'step', step: 'dumps', message: 'Dumping it again and comparing dump with dump' })
  const again = await digestDump(scratch.database.dump({ scope, format, run }, signal), format, stored)
  refuseDifferences(reference, compareDigests(stored, again, { subscriptions: scratch.isolated }), advice)
  const checks = checksOf(manifest, services)
  report({ type: 'step', step: 'checks', message: `Running ${checks.length} checks of the configuration` })
  await runChecks(scratch.database, run, checks, signal)
  return {
    where: scratch.description,
    compared: { ...counts(stored, manifest), wording: sameMajors(stored, again), checks: checks.length },
    seconds: seconds(),
  }
}

const advice =
  'Look at triggers, rules and event triggers that change what is loaded, and make a new backup. Nothing but a scratch database was touched.'

function wishes({ source, sizes }: DatabaseManifest, run: string) {
  const { place, user, settings = {} } = source
  return { run, place, user, settings, databaseBytes: sizes.source }
}

/** A part of a database may lack what a question is about. */
function checksOf({ source, scope }: DatabaseManifest, { checks }: Services): Services['checks'] {
  return isWhole(scope) ? checks.filter(check => (check.source ?? source.id) === source.id) : []
}

type Scratch = Awaited<ReturnType<Services['scratch']>>

/** A server of its own gets the backup's roles; on another one they would stay behind, so there they have to be. */
async function restoreInto(
  { database, name, isolated }: Scratch,
  run: string,
  input: RestoreInput,
  { services, report, signal }: Context,
): Promise<void> {
  const request: RestoreRequest = {
    run,
    time: services.clock.now(),
    mode: isolated ? 'in-place' : 'into',
    database: name,
    createRoles: isolated,
    subscriptions: isolated,
    scratch: services.holder,
  }
  const { restores } = database
  const plan = await restores.plan(request, input, signal)
  const withRoles =
    isolated && input.globals === undefined ? { ...input, globals: named(plan.missingRoles) } : input
  const possible = withRoles === input ? plan : await restores.plan(request, withRoles, signal)
  await restores.run(possible, withRoles, report, signal)
}

/** Where the globals could not be backed up, roles that have but their names are enough to own things. */
const named = (roles: readonly string[]): string =>
  roles.map(role => `CREATE ROLE ${identifier(role)};`).join('\n')

function counts({ tables, definitions, largeObjects }: DumpDigest, { totals }: DatabaseManifest) {
  const rows = [...tables.values()].reduce((sum, table) => sum + table.rows, 0)
  return { tables: totals.tables, rows, definitions: definitions.size, largeObjects: largeObjects.size }
}
