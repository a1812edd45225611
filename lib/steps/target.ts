import type { Place } from '../environment/environment.ts'
import type { Context } from '../http/create-function.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { Located, Wanted } from '../services.ts'

/** Where a caller says that a database is, without what it says of the database itself. */
const whereOf = (wanted: Wanted) => {
  const { container, pod, namespace, k8sContainer, selector, context, url, environment, folder } = wanted
  return { container, pod, namespace, k8sContainer, selector, context, url, environment, folder }
}

/** Says whether a caller named a place at all. */
export const namesPlace = (wanted: Wanted): boolean =>
  Object.values(whereOf(wanted)).some(value => value !== undefined)

/** The database that was named; by default the one that the backup came from. */
export function locateTarget(
  wanted: Wanted,
  { services, signal }: Context,
  manifest: DatabaseManifest | undefined,
): Promise<Located> {
  const { database, user } = wanted
  if (namesPlace(wanted) || !manifest) return services.locate({ ...whereOf(wanted), database, user }, signal)
  const { place } = manifest.source
  const { container } = place
  return services.locate(
    {
      environment: place.environment,
      ...(place.environment === 'kubernetes' ? { k8sContainer: container } : { container }),
      pod: place.pod,
      namespace: place.namespace,
      context: place.context,
      folder: place.folder,
      url: serverUrl(place),
      database: database ?? (place.environment === 'embedded' ? undefined : place.database),
      user: user ?? manifest.source.user,
    },
    signal,
  )
}

/** A direct place as a URL without secrets: those come from where they came from at the backup. */
function serverUrl({ environment, host, port, database }: Place): string | undefined {
  if (environment !== 'direct' || host === undefined) return undefined
  const query = new URLSearchParams({ host, ...(port === undefined ? {} : { port: String(port) }) })
  return `postgresql:///${encodeURIComponent(database)}?${query}`
}
