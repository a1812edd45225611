import { lstat, readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { humanBytes } from '../bytes.ts'
import type { RestoreInput, RestorePlan, RestoreRequest } from '../postgres/database.ts'
import { folderBytes, type Holder, holderOf } from './embedded-folder.ts'
import { rolesMade } from './embedded-globals.ts'
import { type Names, nameProblem } from './embedded-names.ts'
import { leastRoomBytes, roomBytes } from './embedded-room.ts'
import type { Needs } from './embedded-statements.ts'
import { inUse, onlyPlain } from './embedded-use.ts'

/** A new PGlite database without anything in it. */
const emptyDatabaseBytes = 40_000_000

/** What was found out before it is decided. */
export interface PlanFacts {
  names: Names
  /** Undefined when the dump cannot be read as SQL text. */
  needs: Needs | undefined
  live: { there: boolean; mountPoint: boolean; holder: Holder; bytes: number }
  /** What already has the name of `into`. */
  target: 'nothing' | 'empty folder' | 'something'
  freeBytes: number
}

type Refusal = RestorePlan['refusals'][number]

/** Looks at the folders; changes nothing and opens no database. */
export async function planFacts(names: Names, into: string, needs: Needs | undefined): Promise<PlanFacts> {
  const own = await lstat(names.live).catch(() => undefined)
  const parent = await lstat(names.parent)
  return {
    names,
    needs,
    live: {
      there: own !== undefined,
      mountPoint: own !== undefined && own.dev !== parent.dev,
      holder: own && (await holderOf(names.live)),
      bytes: own ? await folderBytes(names.live) : 0,
    },
    target: await whatIs(into),
    freeBytes: await roomBytes(names.parent),
  }
}

async function whatIs(path: string): Promise<PlanFacts['target']> {
  if ((await lstat(path).catch(() => undefined)) === undefined) return 'nothing'
  const entries = await readdir(path).catch(() => undefined)
  return entries?.length === 0 ? 'empty folder' : 'something'
}

/** What a restore would do, and everything that speaks against it. Pure. */
export function planRestore(request: RestoreRequest, input: RestoreInput, facts: PlanFacts): RestorePlan {
  const replaces = request.mode !== 'into' && facts.live.there
  const missingRoles = [...(facts.needs?.roles ?? [])]
    .filter(role => !rolesMade(input.globals).has(role))
    .sort()
  return {
    request,
    steps: steps(request, input, replaces, facts.names),
    warnings: replaces ? warnings(request, facts.names) : [],
    refusals: [
      ...dumpRefusals(request, input, facts),
      ...(request.mode === 'into' ? targetRefusals(request, facts) : swapRefusals(request, facts)),
      ...roleRefusals(missingRoles),
      ...spaceRefusals(input, facts),
    ],
    replaces: replaces ? request.database : undefined,
    missingRoles,
    openConnections: 0,
  }
}

function steps(
  { mode, database }: RestoreRequest,
  input: RestoreInput,
  replaces: boolean,
  names: Names,
): string[] {
  const end = replaces
    ? [
        `write it to disk and swap the folders: ${database} becomes ${basename(names.kept('<time>'))}, the new one ${database}`,
        'keep the old folder until it is removed on purpose',
      ]
    : [`write it to disk and give it the name ${database}`]
  return [
    `make a new PGlite database beside ${mode === 'into' ? names.base : database}`,
    ...(input.globals === undefined ? [] : ["make the backup's roles and settings in it"]),
    'run the dump in it, statement by statement',
    "compare every table's rows with the backup, then ANALYZE",
    ...end,
  ]
}

function warnings({ mode }: RestoreRequest, { live }: Names): string[] {
  return [
    `the application must not have ${live} open while the folders are swapped`,
    'the new folder is a PostgreSQL system of its own with a system identifier of its own, so the next backup is a full',
    ...(mode === 'in-place'
      ? ['in place is the same as a swap here: a PGlite database is bound to its folder, not to a name']
      : []),
  ]
}

function dumpRefusals(request: RestoreRequest, { format }: RestoreInput, { needs }: PlanFacts): Refusal[] {
  if (format !== 'plain') return [refusal('input-invalid', onlyPlain().message, onlyPlain().hint)]
  return [
    ...(needs?.copies
      ? [
          refusal(
            'input-invalid',
            'The dump holds its rows as COPY data, which PGlite cannot read',
            'Make it with `pg_dump --inserts`.',
          ),
        ]
      : []),
    ...(request.part
      ? [
          refusal(
            'input-invalid',
            'SQL text is restored whole: no part can be taken out of it',
            'Restore it all with --into NAME and copy from there.',
          ),
        ]
      : []),
    ...(request.dropFirst
      ? [
          refusal(
            'input-invalid',
            'An embedded database is always restored beside the old one, never after dropping it',
            'Leave --drop-first away.',
          ),
        ]
      : []),
  ]
}

function targetRefusals({ database }: RestoreRequest, { target, names }: PlanFacts): Refusal[] {
  const problem = nameProblem(database)
  if (problem)
    return [
      refusal(
        'input-invalid',
        `${JSON.stringify(database)} ${problem}`,
        `Give the name of a new folder in ${names.parent}.`,
      ),
    ]
  if (target !== 'something') return []
  return [
    refusal(
      'restore-unsafe',
      `${database} exists in ${names.parent} and is not empty`,
      'Restore into another name.',
    ),
  ]
}

function swapRefusals({ database }: RestoreRequest, { names, live }: PlanFacts): Refusal[] {
  if (database !== names.base)
    return [
      refusal(
        'input-invalid',
        `The database of this folder is ${names.base}, not ${database}`,
        `Restore into the new folder ${database} with --into.`,
      ),
    ]
  const used = live.holder === undefined ? undefined : inUse('restore-unsafe', names.live, live.holder)
  return [
    ...(used ? [refusal('restore-unsafe', used.message, used.hint)] : []),
    ...(live.mountPoint
      ? [
          refusal(
            'restore-unsafe',
            `${names.live} is a mount point and cannot be renamed`,
            'Keep the database in a folder below it, or restore with --into.',
          ),
        ]
      : []),
  ]
}

const roleRefusals = (missing: readonly string[]): Refusal[] =>
  missing.length === 0
    ? []
    : [
        refusal(
          'restore-unsafe',
          `The dump needs roles that the backup's globals do not make: ${missing.join(', ')}`,
          'Make the dump without owners and privileges (`pg_dump --no-owner --no-privileges`).',
        ),
      ]

/** The least that it takes: rows are not smaller in tables than as text, by much. */
function spaceRefusals({ rawBytes }: RestoreInput, { freeBytes, live, names }: PlanFacts): Refusal[] {
  const needed = emptyDatabaseBytes + leastRoomBytes + (rawBytes ?? live.bytes)
  if (freeBytes >= needed) return []
  return [
    refusal(
      'space-insufficient',
      `The restored database needs about ${humanBytes(needed)} beside the old one; ${names.parent} has ${humanBytes(freeBytes)}`,
    ),
  ]
}

const refusal = (code: Refusal['code'], message: string, hint?: string): Refusal => ({
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
})
