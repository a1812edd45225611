import { humanBytes } from '#lib/bytes'
import type { RestoreResult } from '#lib/postgres/database'
import { table } from './render-table.ts'

/** What `create` made of a server. */
export interface CreatedServer {
  serverRun: string
  databases: {
    database: string
    backup: {
      id: string
      source: { id: string }
      type: string
      totals: { rows?: number }
      sizes: { stored: number }
    }
  }[]
}

/** Every backup of a run over a server, a line each. */
export function createdServer({ serverRun, databases }: CreatedServer): string {
  const rows = databases.map(({ database, backup }) => [
    database,
    `${backup.source.id}/${backup.id}`,
    backup.type,
    String(backup.totals.rows ?? '?'),
    humanBytes(backup.sizes.stored),
  ])
  const head = ['DATABASE', 'BACKUP', 'TYPE', 'ROWS', 'STORED']
  return `Backed up in the run ${serverRun}:\n${table([head, ...rows])}`
}

/** What `restore` did to a server, or with `plan` would do. */
export interface RestoredServer {
  serverRun: string
  server: string
  roles: string[]
  databases: { database: string; backup: string; restored: RestoreResult }[]
  plan?: { server: string; steps: string[]; warnings: string[] }
}

/** Every restored database of a server, a line each; of a plan its steps and warnings. */
export function restoredServer({ serverRun, server, roles, databases, plan }: RestoredServer): string {
  if (plan) return planned(serverRun, plan)
  const rows = databases.map(({ database, backup, restored }) => [
    database,
    backup,
    String(restored.rows),
    restored.kept ?? restored.safety ?? '',
  ])
  const made = roles.length > 0 ? `  roles made: ${roles.join(', ')}\n` : ''
  const head = ['DATABASE', 'BACKUP', 'ROWS COMPARED', 'THE OLD ONE']
  return `Restored to ${server} from the run ${serverRun}:\n${made}${table([head, ...rows])}`
}

function planned(
  serverRun: string,
  { server, steps, warnings }: NonNullable<RestoredServer['plan']>,
): string {
  const lines = [...steps.map(step => `- ${step}`), ...warnings.map(text => `warning: ${text}`)]
  return `Restoring the run ${serverRun} to ${server} would:\n${lines.join('\n')}\n`
}
