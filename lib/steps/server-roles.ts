import type { Context } from '../http/create-function.ts'
import type { Repository } from '../repository/repository.ts'
import type { ServerRun } from '../repository/server-runs.ts'
import type { Located } from '../services.ts'

/** The roles that a run's backups hold, and those of them that a server lacks. */
export interface ServerRoles {
  /** Undefined when the backups hold none. */
  globals: string | undefined
  missing: readonly string[]
  /** What the user should know. */
  warnings: readonly string[]
}

/** Reads the roles of a run, which are the same in each of its backups, and compares them with a server's. */
export async function serverRoles(
  run: ServerRun,
  { repository, target }: { repository: Repository; target: Located },
  { signal }: Context,
): Promise<ServerRoles> {
  const server = target.database.server()
  const manifest = run.backups.find(({ objects }) => objects.globals) ?? run.backups[0]!
  const globals = await repository.contents(manifest).globals()
  if (globals === undefined)
    return { globals, missing: [], warnings: [`the backups hold no roles: ${manifest.globals}`] }
  const missing = await server.missingRoles(globals, signal)
  const isWithout = missing.length > 0 && manifest.globals === 'without role passwords'
  const without = 'the backups hold no passwords of roles: set those of the roles that are made'
  return { globals, missing, warnings: isWithout ? [without] : [] }
}
