import { RespaldoError } from '../errors.ts'
import type { DatabaseInfo } from './database.ts'
import { major } from './inspect.ts'

/** Refuses a missing pg_dump, and one that is older than the server, as pg_dump itself would. */
export function checkClient(info: DatabaseInfo): void {
  if (info.clientVersion === undefined)
    throw new RespaldoError('command-failed', 'pg_dump is missing beside the source', {
      hint: `Install the PostgreSQL ${major(info.serverVersion)} client tools there.`,
    })
  if (major(info.clientVersion) < major(info.serverVersion))
    throw new RespaldoError(
      'version-mismatch',
      `pg_dump ${info.clientVersion} cannot dump a server of version ${info.serverVersion}`,
      {
        hint: `Install the PostgreSQL ${major(info.serverVersion)} client tools (postgresql-client-${major(info.serverVersion)}).`,
      },
    )
}
