import { humanBytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { counted, type Report } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { DatabaseInfo, DumpFormat, Globals, Scope, TableCount } from '../postgres/database.ts'
import { checkClient } from '../postgres/versions.ts'
import { walked } from '../postgres/walk.ts'
import { assertChainThere, type Chain } from '../repository/chain.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { ChainChunks } from '../repository/recipe.ts'
import type { Repository } from '../repository/repository.ts'
import type { Located } from '../services.ts'
import type { Resting } from '../volumes/quiesce.ts'
import { type BackupWish, backupFacts, typeOf } from './backup-facts.ts'
import { assertRoom } from './room.ts'
import type { HeldSource } from './session.ts'

/** What a backup of a database will be. */
export interface BackupRequest extends BackupWish<Scope> {
  /** What an incremental builds on; without it the backup is a full. */
  base?: Base | undefined
  format?: DumpFormat | undefined
  rolePasswords?: boolean | undefined
  /** Of a run over a whole server, which also read its roles for all. */
  serverRun?: DatabaseManifest['serverRun'] | undefined
  globals?: Globals | undefined
}

/** A chain and its chunks. */
export interface Base {
  chain: Chain
  chunks: ChainChunks
}

/** What a backup needs that was opened and asked before. */
export interface BackupParts {
  located: Located
  repository: Repository
  info: DatabaseInfo
  held: HeldSource
  /** Who rests until the dump has been read. */
  resting: Resting
}

/** What can be known to fail is refused before anything is written. */
export async function preflight(
  { database }: Located,
  { store }: Repository,
  signal: AbortSignal,
): Promise<DatabaseInfo> {
  const info = await database.inspect(signal)
  checkClient(info)
  // Text compresses to about a third, and indexes are not dumped.
  await assertRoom(store, info.sizeBytes * 0.3)
  return info
}

/** Dumps a database into the repository. Every gate was passed when this resolves: exit status, stream, archive, sums, lease, manifest. */
export async function backUp(
  request: BackupRequest,
  { services, report }: Context,
  parts: BackupParts,
): Promise<DatabaseManifest> {
  const { located, repository, info, held, resting } = parts
  const { source, database } = located
  const { signal } = held
  const format = chosenFormat(request, located)
  const started = services.clock.now()
  const { base } = request
  const type = typeOf(base?.chain)
  const id = await repository.newId(source.id, { started, type, name: request.name })
  const draft = repository.begin(source.id, id)
  try {
    report({
      type: 'step',
      step: 'dump',
      message: `Backing up ${source.id} (${humanBytes(info.sizeBytes)} on disk), ${type}: ${request.reason}`,
    })
    const walk = walked(database.dump({ scope: request.scope, format, run: held.run }, signal), format)
    const written = await draft.data(counted(walk.bytes, 'dump', report), {
      format,
      sourceBytes: info.sizeBytes,
      base: base?.chunks,
      signal,
    })
    await resting.resume()
    const { tables, version, complete } = walk.result()
    if (!complete)
      report({
        type: 'warning',
        message: `The archive's version ${version} is newer than this Respaldo: its rows were not counted`,
      })
    const options = { run: held.run, passwords: request.rolePasswords ?? false }
    const globals = request.globals ?? (await readGlobals(located, options, report, signal))
    const rest = {
      ...backupFacts(request, { id, started, chain: base?.chain }, services),
      ...(request.serverRun ? { serverRun: request.serverRun } : {}),
      source: {
        id: source.id,
        kind: source.kind,
        place: source.place,
        ...(info.user ? { user: info.user } : {}),
        ...(info.systemIdentifier ? { systemIdentifier: info.systemIdentifier } : {}),
        ...(Object.keys(info.settings).length > 0 ? { settings: info.settings } : {}),
      },
      server: info.serverVersion,
      client: info.clientVersion ?? info.serverVersion,
      archive: { format, version },
      totals: totals(tables),
      globals:
        'missing' in globals
          ? globals.missing
          : request.rolePasswords
            ? 'with role passwords'
            : 'without role passwords',
    }
    return await draft.commit(
      written,
      rest,
      { tables, globals: 'sql' in globals ? globals.sql : undefined },
      async () => {
        await held.assertHeld()
        if (base) await assertChainThere(repository.store, base.chain)
      },
    )
  } catch (error) {
    await draft.discard()
    throw error
  }
}

/** Roles and tablespaces, asked of one of the server's databases; see `Database.globals`. */
export function readGlobals(
  { database }: Located,
  options: { run: string; passwords: boolean },
  report: Report,
  signal: AbortSignal,
): Promise<Globals> {
  report({ type: 'step', step: 'globals', message: 'Reading roles and tablespaces' })
  return database.globals(options, signal)
}

/** What was asked for, else the first that the database can write. */
export function chosenFormat(
  request: { format?: DumpFormat | undefined },
  { source, database }: Located,
): DumpFormat {
  const format = request.format ?? database.formats[0]!
  if (database.formats.includes(format)) return format
  throw new RespaldoError('input-invalid', `${source.id} cannot be dumped in the format ${format}`, {
    hint: `Use --format ${database.formats.join(' or ')}.`,
  })
}

/** Rows only when every table's were counted: a sum of some would read as the sum of all. */
function totals(tables: readonly TableCount[]): DatabaseManifest['totals'] {
  const counted = tables.every(table => table.rows !== undefined)
  return {
    tables: tables.length,
    ...(counted ? { rows: tables.reduce((sum, table) => sum + table.rows!, 0) } : {}),
  }
}
