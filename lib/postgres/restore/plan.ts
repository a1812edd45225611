import { humanBytes } from '../../bytes.ts'
import type { TocEntry } from '../archive.ts'
import type { RestorePlan, RestoreRequest } from '../database.ts'
import { major } from '../inspect.ts'
import { nameBytes } from '../sql.ts'
import { type PartFacts, partRefusals, partWarnings } from './plan-part.ts'
import { neededRoles, rolesIn, withGroups } from './roles.ts'
import type { ServerFacts } from './server.ts'

/** What a plan is made of; all of it was read before, so that deciding is pure. */
export interface PlanFacts {
  server: ServerFacts
  /** What is made of the archive's table of contents; empty for data alone, and for plain SQL, which has none. */
  entries: readonly TocEntry[]
  /** Of an archive, when not all of it was asked for. */
  part: PartFacts | undefined
  /** Of the server that was dumped, where known. */
  dumpedFrom: string | undefined
  /** What the database had on disk, or else its dump has raw; undefined for a part, whose size is not known. */
  neededBytes: number | undefined
  /** What the backup could make missing roles from. */
  globals: string | undefined
}

type Refusal = RestorePlan['refusals'][number]

/** What a restore would do to this server, and everything that speaks against it. Pure. */
export function planRestore(request: RestoreRequest, facts: PlanFacts): RestorePlan {
  const { server } = facts
  const replaced = request.mode === 'into' ? undefined : server.existing
  const missingRoles = wantedRoles(request, facts).filter(role => !server.roles.has(role))
  return {
    request,
    steps: steps(request, facts, replaced !== undefined),
    warnings: warnings(request, facts),
    refusals: [
      ...partOrPlainRefusals(request, facts),
      ...nameRefusals(request, facts),
      ...roleRefusals(request, facts, missingRoles),
      ...rightRefusals(request, facts),
      ...extensionRefusals(facts),
      ...stateRefusals(request, facts),
      ...roomRefusals(request, facts),
    ],
    replaces: replaced ? request.database : undefined,
    missingRoles,
    openConnections: replaced?.connections ?? 0,
  }
}

/** SQL text does not tell which roles it needs: then all of the backup's are made. */
function wantedRoles({ createRoles, part }: RestoreRequest, { entries, globals = '' }: PlanFacts): string[] {
  const needed = neededRoles(entries)
  if (!createRoles || part?.dataOnly) return needed
  return withGroups(entries.length === 0 ? rolesIn(globals) : needed, globals)
}

function steps(request: RestoreRequest, facts: PlanFacts, replaces: boolean): string[] {
  const { database, mode } = request
  const compare = `compare ${request.part ? "the restored tables'" : "every table's"} rows with the backup, then ANALYZE`
  if (request.part?.dataOnly)
    return [`fill ${facts.part?.fill?.tables ?? 0} empty tables of ${database} in one transaction`, compare]
  if (facts.server.existingIsEmpty)
    return [`restore into the empty database ${database} in one transaction`, compare]
  const roles = request.createRoles ? ['create the missing roles from the backup'] : []
  if (!replaces)
    return [
      ...roles,
      `create ${database} from template0 under another name and restore into it`,
      compare,
      `give it the name ${database}`,
    ]
  if (mode === 'in-place') {
    const away = request.dropFirst
      ? ['make a safety backup and read it back', `drop ${database}`]
      : [`end the connections to ${database} and rename it away`]
    return [
      ...roles,
      ...away,
      `create ${database} anew, closed to others, and restore into it`,
      compare,
      'open it',
    ]
  }
  return [
    ...roles,
    `create a database beside ${database} from template0 and restore into it`,
    compare,
    `end the connections to ${database} and swap the names in one transaction`,
    'keep the old database until it is removed on purpose',
  ]
}

function warnings(request: RestoreRequest, facts: PlanFacts): string[] {
  const { existing } = facts.server
  const found = request.part && facts.part ? partWarnings(request.part, facts.part) : []
  if (existing && request.mode !== 'into') {
    if (existing.connections > 0)
      found.push(`${existing.connections} open connections to ${request.database} will be ended`)
    if (existing.replicationSlots.length > 0)
      found.push(`replication slots stay with the old database: ${existing.replicationSlots.join(', ')}`)
    if (existing.subscriptions.length > 0)
      found.push(`subscriptions stay with the old database and go on: ${existing.subscriptions.join(', ')}`)
  }
  const subscriptions = facts.entries.filter(entry => entry.desc === 'SUBSCRIPTION').map(entry => entry.tag)
  if (subscriptions.length > 0 && !request.subscriptions)
    found.push(
      `subscriptions are left out, as they would start working at once: ${subscriptions.join(', ')} (--subscriptions restores them)`,
    )
  if (facts.dumpedFrom && major(facts.dumpedFrom) > major(facts.server.version))
    found.push(
      `the backup comes from PostgreSQL ${facts.dumpedFrom}, newer than this server's ${facts.server.version}; it may not load`,
    )
  return found
}

function partOrPlainRefusals({ part }: RestoreRequest, facts: PlanFacts): Refusal[] {
  if (!part) return []
  if (facts.part) return partRefusals(part, facts.part, facts.server.superuser)
  return [
    {
      code: 'input-invalid',
      message: 'SQL text is restored whole: no part can be taken out of it',
      hint: 'Restore it all with --into NAME and copy from there.',
    },
  ]
}

function nameRefusals(request: RestoreRequest, facts: PlanFacts): Refusal[] {
  const { database, mode } = request
  if (Buffer.byteLength(database) > nameBytes || database === '')
    return [
      {
        code: 'input-invalid',
        message: `${database || 'An empty name'} cannot name a database: PostgreSQL allows 1 to ${nameBytes} bytes`,
      },
    ]
  const ofServer = ['postgres', 'template0', 'template1'].includes(database)
  if (ofServer && mode !== 'into' && !request.scratch)
    return [
      {
        code: 'restore-unsafe',
        message: `${database} belongs to the server and is not replaced`,
        hint: 'Restore it elsewhere with --into NAME.',
      },
    ]
  if (mode === 'into' && facts.server.existing && !facts.server.existingIsEmpty && !request.part?.dataOnly)
    return [
      {
        code: 'restore-unsafe',
        message: `The database ${database} exists and is not empty`,
        hint: 'Name a new or an empty one with --into.',
      },
    ]
  return []
}

function roleRefusals(request: RestoreRequest, facts: PlanFacts, missing: readonly string[]): Refusal[] {
  if (missing.length === 0 || (request.createRoles && facts.globals !== undefined)) return []
  const hint =
    facts.globals !== undefined
      ? 'Create them, or let --create-roles make them from the backup.'
      : 'Create them on the server first.'
  return [
    {
      code: 'restore-unsafe',
      message: `The backup needs roles that the server lacks: ${missing.join(', ')}`,
      hint,
    },
  ]
}

const intoHint =
  'Ask an administrator for it, or restore --into an empty database that exists and that you own.'

function rightRefusals(request: RestoreRequest, facts: PlanFacts): Refusal[] {
  const { server } = facts
  if (server.superuser) return []
  const lacks: string[] = []
  if (!server.createDatabases && !server.existingIsEmpty && !request.part?.dataOnly) lacks.push('CREATEDB')
  if (request.createRoles) lacks.push('CREATEROLE or superuser, for --create-roles')
  if (server.existing && request.mode !== 'into') {
    if (!server.mayBecome.has(server.existing.owner)) lacks.push(`ownership of ${request.database}`)
    if (server.existing.superuserConnections > 0)
      lacks.push(`the right to end a superuser's connection to ${request.database}`)
  }
  const owners = [...new Set(facts.entries.map(entry => entry.owner))].filter(
    owner => server.roles.has(owner) && !server.mayBecome.has(owner),
  )
  lacks.push(...owners.map(owner => `SET ROLE to ${owner}, who owns objects in the backup`))
  return lacks.map(right => ({
    code: 'restore-unsafe',
    message: `The connecting role lacks ${right}`,
    hint: intoHint,
  }))
}

function extensionRefusals(facts: PlanFacts): Refusal[] {
  const needed = facts.entries.filter(entry => entry.desc === 'EXTENSION').map(entry => entry.tag)
  return needed.flatMap((name): Refusal[] => {
    const available = facts.server.extensions.get(name)
    if (!available)
      return [
        {
          code: 'restore-unsafe',
          message: `The server does not have the extension ${name}`,
          hint: 'Install its package beside the server.',
        },
      ]
    if (available.trusted || facts.server.superuser || name === 'plpgsql') return []
    return [
      {
        code: 'restore-unsafe',
        message: `The extension ${name} is not a trusted one: only a superuser can create it`,
        hint: intoHint,
      },
    ]
  })
}

function stateRefusals(request: RestoreRequest, { server: { existing } }: PlanFacts): Refusal[] {
  const { database, mode, dropFirst } = request
  if (!existing || mode === 'into') return []
  const found: Refusal[] = []
  if (existing.preparedTransactions > 0)
    found.push({
      code: 'restore-unsafe',
      message: `${existing.preparedTransactions} prepared transactions of ${database} forbid its renaming`,
      hint: 'COMMIT PREPARED or ROLLBACK PREPARED them (pg_prepared_xacts lists them).',
    })
  const bound = [...existing.replicationSlots, ...existing.subscriptions]
  if (dropFirst && bound.length > 0)
    found.push({
      code: 'restore-unsafe',
      message: `Dropping ${database} would lose its replication slots or subscriptions: ${bound.join(', ')}`,
      hint: 'Drop them on purpose, or restore without --drop-first.',
    })
  return found
}

/** A server whose disk is full stops for everybody, so what surely does not fit is not begun. */
function roomRefusals(request: RestoreRequest, { server, neededBytes }: PlanFacts): Refusal[] {
  const { existing } = server
  if (server.freeBytes === undefined || neededBytes === undefined) return []
  const free = server.freeBytes + (request.dropFirst && existing ? existing.sizeBytes : 0)
  if (free >= neededBytes) return []
  const may = existing && request.mode !== 'into' && !request.dropFirst
  return [
    {
      code: 'space-insufficient',
      message: `The server's disk has ${humanBytes(server.freeBytes)} free; the restored database needs about ${humanBytes(neededBytes)}`,
      hint: `Make room${may ? ', or restore with --in-place --drop-first, which needs room for one database only' : ''}.`,
    },
  ]
}
