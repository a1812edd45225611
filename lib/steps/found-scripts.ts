import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import type { Scripts } from '../postgres/database.ts'
import { major } from '../postgres/inspect.ts'
import type { DatabaseManifest } from '../repository/manifest.ts'
import type { Wanted } from '../services.ts'
import { locateTarget, namesPlace } from './target.ts'

/** What a source that is away fails with. */
const away = new Set(['source-not-found', 'source-unreachable', 'environment-unavailable'])

/**
 * The pg_restore beside the database that was named or that the backup came from, else this machine's: the first that is not older than what
 * made the backup, else any. `environment-unavailable` when there is none.
 */
export async function foundScripts(
  wanted: Wanted,
  context: Context,
  manifest: DatabaseManifest,
): Promise<Scripts> {
  const beside = await besideSource(wanted, context, manifest)
  const places = [...('scripts' in beside ? [beside.scripts] : []), context.services.scripts]
  let older: Scripts | undefined
  for (const scripts of places) {
    const version = await scripts.version(context.signal)
    if (version === undefined) continue
    if (major(version) >= major(manifest.client)) return scripts
    older ??= scripts
  }
  if (older) return older
  throw new RespaldoError(
    'environment-unavailable',
    `There is no pg_restore to make SQL text of the backup: ${'why' in beside ? beside.why : 'the source has none'}; nor has this machine one`,
    {
      hint: 'Start the source, name another with --container, --pod or --url, install the PostgreSQL client tools here, or export as .dump.',
    },
  )
}

async function besideSource(
  wanted: Wanted,
  context: Context,
  manifest: DatabaseManifest,
): Promise<{ scripts: Scripts } | { why: string }> {
  try {
    const { database } = await locateTarget(wanted, context, manifest)
    return { scripts: database.scripts }
  } catch (error) {
    if (namesPlace(wanted) || !(error instanceof RespaldoError) || !away.has(error.code)) throw error
    return { why: error.message }
  }
}
