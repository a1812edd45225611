import type { TableCount } from '../postgres/database.ts'
import type { Measured } from '../postgres/tar.ts'
import { type DatabaseManifest, scopeKey } from '../repository/manifest.ts'
import { extentOf } from './export-format.ts'

/** What stands in an export's `metadata.json` and beside it: the backup, its tables and the scripts. Sizes in bytes. */
export function exportMetadata(
  manifest: DatabaseManifest,
  filename: string,
  { tables, files }: { tables: readonly TableCount[]; files: readonly Measured[] },
): string {
  const { id, name, description, source, scope, profile, started, finished } = manifest
  const { server, client, host, tool, totals } = manifest
  const document = {
    id,
    filename,
    type: extentOf(scope),
    compressed: true,
    date: started,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    database: source.place.database,
    source: source.id,
    profile,
    scope: scopeKey(scope),
    finished,
    server,
    client,
    host,
    tool,
    totals,
    tables,
    files: files.map(({ name, bytes }) => ({ name, bytes })),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
