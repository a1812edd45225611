import type { Place } from '../environment/environment.ts'
import type { Context } from '../http/create-function.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { Located, Wanted } from '../services.ts'

/** The database that was named; by default the one that the backup came from. */
export function locateTarget(
  { container, url, environment, folder, database, user }: Wanted,
  { services, signal }: Context,
  manifest: DatabaseManifest | undefined,
): Promise<Located> {
  const named = container ?? url ?? environment ?? folder
  if (named !== undefined || !manifest)
    return services.locate({ container, url, environment, folder, database, user }, signal)
  const { place } = manifest.source
  return services.locate(
    {
      environment: place.environment,
      container: place.container,
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
