import type { Scratch, ScratchServer, ScratchWishes } from '../environment/environment.ts'
import type { Database } from './database.ts'
import { type Client, execute } from './psql.ts'
import { type MarkedDatabase, markedDatabases } from './restore/markers.ts'
import { maintenance } from './restore/server.ts'
import { shellDatabase } from './shell-database.ts'
import { identifier } from './sql.ts'

/**
 * A throw-away database on a scratch server. On a server of its own it has the name of the database that was backed up, because some
 * extensions are bound to it; on any other a name that nobody has, and what dead processes left there is dropped first.
 */
export async function scratchDatabase(
  server: ScratchServer,
  wishes: ScratchWishes,
  signal?: AbortSignal,
): Promise<Scratch<Database>> {
  const { shell, connection, isolated, description } = server
  const name = isolated ? wishes.place.database : `respaldo_scratch_${wishes.run.replaceAll('-', '_')}`
  const client = { shell, connection, run: wishes.run }
  if (!isolated) await dropLeftovers(client, name, wishes.isAlive, signal)
  return {
    database: shellDatabase({
      shell,
      database: name,
      connect: async () => ({ ...connection, database: name }),
    }),
    name,
    isolated,
    description: isolated ? description : `the database ${name} on ${description}`,
    async [Symbol.asyncDispose]() {
      if (!isolated) await dropAll(client, name, ({ of }) => of === name)
      await server[Symbol.asyncDispose]()
    },
  }
}

const dropLeftovers = (
  client: Client,
  name: string,
  isAlive: ScratchWishes['isAlive'],
  signal?: AbortSignal,
): Promise<void> =>
  dropAll(client, name, ({ maker }) => maker !== undefined && isAlive(maker) === false, signal)

async function dropAll(
  client: Client,
  name: string,
  isWanted: (marked: MarkedDatabase) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const options = { database: maintenance(name), signal }
  for (const marked of (await markedDatabases(client, options.database, signal)).filter(isWanted))
    await execute(client, `DROP DATABASE IF EXISTS ${identifier(marked.name)} WITH (FORCE);`, options)
}
