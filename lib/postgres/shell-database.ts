import type { Connection, Shell } from '../environment/environment.ts'
import { endBackends } from './backends.ts'
import type { Database, Row } from './database.ts'
import { dump, globals } from './dump.ts'
import { inspect } from './inspect.ts'
import { type Client, query } from './psql.ts'
import { shellRestores } from './restore/restores.ts'
import { shellScripts } from './script.ts'
import { shellServer } from './shell-server.ts'

/** A database reached by client tools over a shell; the connection is asked for once, when it is first needed. */
export function shellDatabase(access: {
  shell: Shell
  database: string
  connect: () => Promise<Connection>
}): Database {
  let connection: Promise<Connection> | undefined
  const clientOf = async (run: string): Promise<Client> => {
    connection ??= access.connect()
    return { shell: access.shell, connection: await connection, run }
  }
  return {
    formats: ['custom', 'plain'],
    inspect: async signal => inspect(await clientOf('inspect'), signal),
    async *dump(request, signal) {
      yield* dump(await clientOf(request.run), request, signal)
    },
    globals: async (options, signal) => globals(await clientOf(options.run), options, signal),
    async endRuns(runs, signal) {
      await endBackends(await clientOf('end'), runs, signal)
    },
    rows: async ({ run, select }, signal) => query<Row>(await clientOf(run), select, { signal }),
    restores: shellRestores(clientOf, access.database),
    server: () => shellServer(() => clientOf('server')),
    scripts: shellScripts(clientOf),
  }
}
