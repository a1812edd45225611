import { chosenDatabases, meantSource } from '../config.ts'
import { detect } from '../environment/detect.ts'
import type { EnvironmentName, Target } from '../environment/environment.ts'
import type { DatabaseEnvironment, Located, Settings, Wanted } from '../services.ts'
import { type ConfiguredCandidate, environments, namesPods } from './environments.ts'

/** Finds the one database that is meant, and says why there; see `detect` and `Sources.find` for errors. */
export async function locate(wanted: Wanted, settings: Settings, signal?: AbortSignal): Promise<Located> {
  const candidates = environments(wanted, settings)
  const configured = meantCandidate(candidates, wanted, settings)
  if (configured) return locateEntry(configured, wanted, settings, signal)
  const { environment, reason } = await detect(candidates, chosen(wanted), signal)
  return located(environment, withVariables(wanted, settings), { reason, databases: undefined }, signal)
}

/** The configured source that is named, or the only one, unless flags, or without its name variables, say where to look. */
function meantCandidate(
  candidates: readonly ConfiguredCandidate[],
  wanted: Wanted,
  { configuration }: Settings,
): ConfiguredCandidate | undefined {
  const variables = candidates.some(({ evidence }) => evidence === 'variables')
  if (chosen(wanted) !== undefined || (variables && wanted.source === undefined)) return undefined
  const entry = meantSource(configuration, wanted.source)
  return entry && candidates.find(candidate => candidate.entry === entry)
}

function locateEntry(
  { environment, why: reason, entry }: ConfiguredCandidate,
  wanted: Wanted,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Located> {
  const databases = entry && wanted.database === undefined ? chosenDatabases(entry) : undefined
  const given = environment.name === 'embedded' ? wanted : withVariables(wanted, settings)
  const target = {
    ...given,
    source: undefined,
    container: entry?.container,
    pod: entry?.pod,
    k8sContainer: entry?.k8sContainer,
    database: given.database ?? entry?.database,
    user: given.user ?? entry?.user,
  }
  return located(environment, target, { reason, databases }, signal)
}

async function located(
  environment: DatabaseEnvironment,
  target: Target,
  how: Pick<Located, 'reason' | 'databases'>,
  signal?: AbortSignal,
): Promise<Located> {
  const source = await environment.find(target, signal)
  const beside: Located['beside'] = (database, signal) => {
    const { place } = source
    const there =
      place.environment === 'kubernetes'
        ? { pod: place.pod, namespace: place.namespace, k8sContainer: place.container }
        : { container: place.container }
    const other = { ...target, source: undefined, ...there, database }
    return located(environment, other, { ...how, databases: undefined }, signal)
  }
  return { environment, source, database: environment.database(source), ...how, beside }
}

/** The environment that the caller's own words lead to. */
function chosen(wanted: Wanted): EnvironmentName | undefined {
  const { environment, folder, url, container } = wanted
  const named = folder ? 'embedded' : url ? 'direct' : container ? 'docker' : undefined
  return environment ?? named ?? (namesPods(wanted) ? 'kubernetes' : undefined)
}

/** `POSTGRES_*` stand in for flags that were not given. A password has no flag. */
function withVariables(wanted: Wanted, { variables }: Settings): Wanted {
  if (chosen(wanted) === 'embedded') return wanted
  return {
    ...wanted,
    user: wanted.user ?? variables.POSTGRES_USER,
    password: variables.POSTGRES_PASSWORD,
    database: wanted.database ?? variables.POSTGRES_DB,
  }
}
