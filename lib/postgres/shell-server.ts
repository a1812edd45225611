import type { Server, ServerDatabase } from './database.ts'
import { type Client, query } from './psql.ts'
import { type MarkedDatabase, markedDatabases } from './restore/markers.ts'
import { makeRoles, rolesIn } from './restore/roles.ts'
import { isEmpty } from './restore/server.ts'

/** The database that every server has, from where it is asked about the others. */
const database = 'postgres'

/** A server reached by client tools over a shell. */
export function shellServer(connect: () => Promise<Client>): Server {
  return {
    async databases(signal) {
      const client = await connect()
      const found = await query<ServerDatabase>(
        client,
        'SELECT datname AS name, datallowconn AS open FROM pg_database WHERE NOT datistemplate ORDER BY datname',
        { database, signal },
      )
      const users = databasesOfUsers(found, await markedDatabases(client, database, signal))
      return (await isEmpty(client, database, signal)) ? users.filter(({ name }) => name !== database) : users
    },
    async missingRoles(globals, signal) {
      const rows = await query<{ name: string }>(await connect(), 'SELECT rolname AS name FROM pg_roles', {
        database,
        signal,
      })
      const existing = new Set(rows.map(({ name }) => name))
      return rolesIn(globals).filter(role => !existing.has(role))
    },
    createRoles: async (globals, roles, signal) =>
      makeRoles(await connect(), globals, roles, { database, signal }),
  }
}

/**
 * What is left without the databases that restores have made. One whose name a restore in place had taken when it died counts by that
 * name: its backup begins with giving it back, and leaving it out would go unnoticed.
 */
export function databasesOfUsers(
  found: readonly ServerDatabase[],
  marked: readonly MarkedDatabase[],
): ServerDatabase[] {
  const own = new Set(marked.map(({ name }) => name))
  const awaited = new Set(
    marked.filter(({ state }) => state === 'replaced' || state === 'unproven').map(({ of }) => of),
  )
  const users = found.filter(({ name }) => !own.has(name) && !awaited.has(name))
  return [...users, ...[...awaited].map(name => ({ name, open: true }))]
}
