import type { Scratch, ScratchWishes } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import type { Database } from '../postgres/database.ts'
import type { Settings } from '../services.ts'
import { directDatabases, dockerDatabases, embeddedDatabase, kubernetesDatabases } from './environments.ts'

/** A throw-away database beside the place that is wished, else on the configured scratch server. */
export async function scratch(
  wishes: ScratchWishes,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Scratch<Database>> {
  const { configuration, variables } = settings
  const { environment, folder, context } = wishes.place
  const url = configuration.scratch?.url
  const chosen = directDatabases(withPassword(variables, url), { url })
  if (environment === 'embedded') return embeddedDatabase(folder ?? '').scratch(wishes, signal)
  if (environment === 'direct') return chosen.scratch(wishes, signal)
  const beside =
    environment === 'docker' ? dockerDatabases(variables) : kubernetesDatabases(variables, { context })
  try {
    return await beside.scratch(wishes, signal)
  } catch (error) {
    const hasNone = error instanceof RespaldoError && error.code === 'environment-unavailable'
    if (hasNone && url !== undefined) return chosen.scratch(wishes, signal)
    throw error
  }
}

/** The source's password is no other server's. */
function withPassword(variables: Settings['variables'], url: string | undefined): Settings['variables'] {
  const password =
    url === undefined ? (variables.PGPASSWORD ?? variables.POSTGRES_PASSWORD) : variables.PGPASSWORD
  return { ...variables, PGPASSWORD: password }
}
