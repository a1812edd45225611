import type { RestoreRequest } from '../database.ts'
import { type Client, query, queryOne } from '../psql.ts'
import { literal } from '../sql.ts'
import { freeBytes } from './room.ts'

/** A database whose name is nobody's business here: where commands about other databases are run. */
export const maintenance = (database: string): string => (database === 'postgres' ? 'template1' : 'postgres')

/** What a server says that a restore's plan depends on. */
export interface ServerFacts {
  version: string
  superuser: boolean
  createDatabases: boolean
  roles: ReadonlySet<string>
  /** Roles that this one may become (SET ROLE). */
  mayBecome: ReadonlySet<string>
  /** Extensions that can be installed, and whether without superuser. */
  extensions: ReadonlyMap<string, { trusted: boolean }>
  /** On the disk of its databases, where that can be told. */
  freeBytes: number | undefined
  /** The database of the wanted name, if it exists. */
  existing: ExistingDatabase | undefined
  /** Only asked with `into`, when it exists. */
  existingIsEmpty: boolean | undefined
}

/** What stands under the name that a restore wants. */
export interface ExistingDatabase {
  owner: string
  comment: string | null
  sizeBytes: number
  connections: number
  superuserConnections: number
  preparedTransactions: number
  replicationSlots: string[]
  subscriptions: string[]
}

/** Asks a server from a third database, so that the one in question may be absent or busy. */
export async function serverFacts(
  client: Client,
  { database, mode }: Pick<RestoreRequest, 'database' | 'mode'>,
  signal?: AbortSignal,
): Promise<ServerFacts> {
  const [own, existing] = await Promise.all([
    queryOne<ServerRow>(
      client,
      `SELECT current_setting('server_version') AS version, rolsuper, rolcreatedb,
       (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS folder,
       (SELECT json_agg(json_build_object('name', rolname, 'become', pg_has_role(current_user, oid, 'MEMBER'))) FROM pg_roles) AS roles,
       (SELECT json_agg(e) FROM (SELECT name, bool_or(trusted OR NOT superuser) AS trusted
          FROM pg_available_extension_versions GROUP BY name) AS e) AS extensions
     FROM pg_roles WHERE rolname = current_user`,
      { database: maintenance(database), signal },
    ),
    existingDatabase(client, database, signal),
  ])
  const [free, existingIsEmpty] = await Promise.all([
    freeBytes(client, own.folder, signal),
    mode === 'into' && existing ? isEmpty(client, database, signal) : undefined,
  ])
  return {
    version: own.version,
    superuser: own.rolsuper,
    createDatabases: own.rolsuper || own.rolcreatedb,
    roles: new Set(own.roles.map(role => role.name)),
    mayBecome: new Set(own.roles.filter(role => role.become).map(role => role.name)),
    extensions: new Map((own.extensions ?? []).map(({ name, trusted }) => [name, { trusted }])),
    freeBytes: free,
    existing,
    existingIsEmpty,
  }
}

interface ServerRow {
  version: string
  folder: string | null
  rolsuper: boolean
  rolcreatedb: boolean
  roles: { name: string; become: boolean }[]
  extensions: { name: string; trusted: boolean }[] | null
}

/** The database of that name, or undefined; asked from a third one. */
export async function existingDatabase(
  client: Client,
  database: string,
  signal?: AbortSignal,
): Promise<ExistingDatabase | undefined> {
  const options = { database: maintenance(database), signal }
  const name = literal(database)
  const [row] = await query<ExistingDatabase>(
    client,
    `SELECT pg_get_userbyid(datdba) AS owner, shobj_description(oid, 'pg_database') AS comment, pg_database_size(oid) AS "sizeBytes",
       (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = ${name} AND a.backend_type = 'client backend') AS connections,
       (SELECT count(*) FROM pg_stat_activity a JOIN pg_roles r ON r.rolname = a.usename
          WHERE a.datname = ${name} AND r.rolsuper) AS "superuserConnections",
       (SELECT count(*) FROM pg_prepared_xacts p WHERE p.database = ${name}) AS "preparedTransactions",
       (SELECT coalesce(json_agg(slot_name), '[]') FROM pg_replication_slots s WHERE s.database = ${name}) AS "replicationSlots",
       (SELECT coalesce(json_agg(subname), '[]') FROM pg_subscription u WHERE u.subdbid = d.oid) AS subscriptions
     FROM pg_database d WHERE datname = ${name}`,
    options,
  )
  return row
}

/** True when a database holds no relation, type, function or schema of a user's. */
export async function isEmpty(client: Client, database: string, signal?: AbortSignal): Promise<boolean> {
  const { things } = await queryOne<{ things: number }>(
    client,
    `SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
          + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
          + (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public'))
          + (SELECT count(*) FROM pg_largeobject_metadata) AS things`,
    { database, signal },
  )
  return things === 0
}
