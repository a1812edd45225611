import type { Bytes } from '../bytes.ts'
import type { Maker } from '../environment/environment.ts'
import type { Report } from '../events.ts'

/** What of a database a backup holds. No list and no flag means the whole of it. Patterns are pg_dump's. */
export interface Scope {
  schemaOnly?: boolean
  tables?: readonly string[]
  excludeTables?: readonly string[]
  schemas?: readonly string[]
}

/** `custom` is pg_dump's archive, uncompressed; `plain` is SQL text. */
export type DumpFormat = 'custom' | 'plain'

/** What is known of a database and its server without reading its data. */
export interface DatabaseInfo {
  /** As `17.2`. */
  serverVersion: string
  /** Of pg_dump, as `17.2`; undefined when the client tools are missing. */
  clientVersion: string | undefined
  /** Names the server's data for its lifetime (pg_control_system); a decimal string. Undefined where it may not be read. */
  systemIdentifier: string | undefined
  /** The role that connects; undefined where there is none to choose. */
  user: string | undefined
  /** On disk, with indexes and what is not vacuumed yet. */
  sizeBytes: number
  /** Client connections to this database, this one not counted. */
  connections: number
  /** Of the server, those that are not its default and without which another server may refuse a dump of it. */
  settings: Readonly<Record<string, string>>
}

/** What to dump, and under whose name. */
export interface DumpRequest {
  scope: Scope
  format: DumpFormat
  /** Names the run in `application_name`: `respaldo-<run>`. */
  run: string
}

/** Rows of one table, counted in the dump itself. `rows` is undefined where the archive's version is not known. */
export interface TableCount {
  schema: string
  name: string
  rows: number | undefined
  /** Of its data in the dump, raw. */
  bytes: number
}

/** A database that can be dumped and restored, wherever it lives. */
export interface Database {
  /** What can be told without reading its data. `source-unreachable` when it does not answer. */
  inspect(signal?: AbortSignal): Promise<DatabaseInfo>
  /** The formats it can write, its default first. */
  readonly formats: readonly DumpFormat[]
  /** The raw dump. A clean end says that the command succeeded and the transport was whole; the archive's own completeness is judged by `walk`. */
  dump(request: DumpRequest, signal?: AbortSignal): Bytes
  globals(options: { run: string; passwords: boolean }, signal?: AbortSignal): Promise<Globals>
  /** Ends what earlier runs left behind beside the database: backends named `respaldo-<run>` of these runs. */
  endRuns(runs: readonly string[], signal?: AbortSignal): Promise<void>
  /** The rows of one SELECT, with values as JSON has them. */
  rows(request: { run: string; select: string }, signal?: AbortSignal): Promise<readonly Row[]>
  readonly restores: Restores
  /** The server that it shares with others; throws `input-invalid` where there is none. */
  server(): Server
  readonly scripts: Scripts
}

/** Makes SQL text of archives, where there is a pg_restore. */
export interface Scripts {
  /** Of pg_restore, as `17.2`; undefined when it is missing. */
  version(signal?: AbortSignal): Promise<string | undefined>
  /** All of an archive as SQL text for psql. A clean end is a whole script. */
  script(input: RestoreInput, signal?: AbortSignal): Bytes
}

/**
 * What of a backup is restored, at least one of these. Names are exact, `table` or `schema.table`; tables and schemas add up.
 * `dataOnly` fills the empty tables of a database that exists.
 */
export interface Part {
  tables?: readonly string[]
  schemas?: readonly string[]
  schemaOnly?: boolean
  dataOnly?: boolean
}

/** Roles and tablespaces as SQL, or the reason why they cannot be had. */
export type Globals = { sql: string } | { missing: string }

/** A database of a server. */
export interface ServerDatabase {
  name: string
  /** False when the server lets nobody in (ALLOW_CONNECTIONS), so that it cannot be dumped. */
  open: boolean
}

/** Which databases of a server are meant, by patterns: those that fit one of `include`, or all, but for those that fit one of `exclude`. */
export interface DatabaseChoice {
  include?: readonly string[] | undefined
  exclude?: readonly string[] | undefined
}

/** The whole of a server, beyond one database. */
export interface Server {
  /** The databases of users, by name: no templates, none that a restore keeps or has half made, and `postgres` only where it holds something. */
  databases(signal?: AbortSignal): Promise<readonly ServerDatabase[]>
  /** Of the roles that globals make, those that the server lacks. */
  missingRoles(globals: string, signal?: AbortSignal): Promise<readonly string[]>
  /** Makes these roles as the globals have them, all or none. */
  createRoles(globals: string, roles: readonly string[], signal?: AbortSignal): Promise<void>
}

/** One row by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/** What is to be restored, and how. */
export interface RestoreRequest {
  run: string
  /** When it began; names of side and kept databases carry it. */
  time: Date
  /** `swap`: beside the old one, then names are swapped. `into`: a new or an empty database. `in-place`: for what is bound to its name. */
  mode: 'swap' | 'into' | 'in-place'
  /** The database that has the content in the end. */
  database: string
  /** With `in-place`: the old one is dropped before the new one is filled, so that there need not be room for both. */
  dropFirst?: boolean
  /** Without it all of the backup. */
  part?: Part
  createRoles?: boolean
  subscriptions?: boolean
  /** Set for a database that is made to be thrown away: it stays marked, with who made it, until it is dropped. */
  scratch?: Maker
}

/** What a restore reads. `open` may be called more than once; every clean end is whole. */
export interface RestoreInput {
  format: DumpFormat
  open(signal?: AbortSignal): Bytes
  /** The same as zstd frames that are at hand already. */
  openZstd?(signal?: AbortSignal): Bytes
  /** Raw bytes, where known; stored ones are those of `openZstd`. */
  rawBytes: number | undefined
  /** Of the database on disk when it was backed up, where known. */
  databaseBytes?: number | undefined
  storedBytes?: number | undefined
  /** What the restored tables must hold; undefined for a foreign file whose counts come out of its own walk. */
  tables: readonly TableCount[] | undefined
  globals?: string | undefined
  /** Called right before an old database is renamed or dropped, so that its clients need to rest from then on only; a rejection ends the restore there. */
  beforeReplacing?: () => Promise<void>
  /** Needed with `dropFirst`: what the old database is made anew from when the restore fails. */
  safety?: Safety
}

/** A backup of what a restore with `dropFirst` is about to drop, read back whole. */
export interface Safety {
  /** `<source>/<id>`. */
  reference: string
  input: RestoreInput
}

/** What a restore would do, with everything that speaks against it. Nothing has been changed when it is made. */
export interface RestorePlan {
  request: RestoreRequest
  /** In the order in which they happen, as sentences. */
  steps: readonly string[]
  /** What the user should know. */
  warnings: readonly string[]
  /** What forbids it, each as code, message and hint. Empty means that it may run. */
  refusals: readonly {
    code: 'restore-unsafe' | 'version-mismatch' | 'space-insufficient' | 'input-invalid'
    message: string
    hint?: string
  }[]
  /** The name that a confirmation has to give, or undefined when nothing existing is replaced. */
  replaces: string | undefined
  /** Roles that the archive needs and the server lacks. */
  missingRoles: readonly string[]
  openConnections: number
}

/** What a restore did, after it was compared and committed. */
export interface RestoreResult {
  database: string
  /** The name under which the old database is kept, if one was. */
  kept: string | undefined
  /** The safety backup that holds it, if it was dropped first. */
  safety?: string
  tables: number
  rows: number
}

/** A database that an earlier restore kept, or that one left half made. */
export interface KeptDatabase {
  name: string
  /** The database that it was. */
  of: string
  /** ISO 8601, UTC. */
  keptAt: string
  sizeBytes: number
}

/** What clearing up after a dead run needs. */
export interface Recovery {
  run: string
  time: Date
  /** Finds a safety backup by its reference. */
  safetyOf(reference: string): Promise<RestoreInput>
  report: Report
  signal: AbortSignal | undefined
}

/** A restore as a transaction: until its last step the old data is whole and, but for `in-place`, reachable. */
export interface Restores {
  plan(request: RestoreRequest, input: RestoreInput, signal?: AbortSignal): Promise<RestorePlan>
  /** Does what the plan says, or throws and leaves the old data whole. */
  run(plan: RestorePlan, input: RestoreInput, report: Report, signal?: AbortSignal): Promise<RestoreResult>
  /** Swaps the newest kept database back. */
  undo(request: { run: string; time: Date; database: string }, signal?: AbortSignal): Promise<RestoreResult>
  kept(signal?: AbortSignal): Promise<readonly KeptDatabase[]>
  removeKept(name: string, signal?: AbortSignal): Promise<void>
  /**
   * Finishes or takes back what a dead run left: side databases are dropped, an in-place restore's names go back, a database that was
   * dropped first is made anew from its safety backup. Only for who holds the source's lease. Says what it did.
   */
  recover(recovery: Recovery): Promise<readonly string[]>
}
