import { humanBytes } from '#lib/bytes'
import type { RestorePlan, RestoreResult } from '#lib/postgres/database'
import { checkedConfig, shownConfig } from './render-config.ts'
import { drilled } from './render-drill.ts'
import { recovered } from './render-recover.ts'
import { retention, trashed } from './render-retention.ts'
import { ran } from './render-runs.ts'
import { ranSchedule, scheduled, serviceState } from './render-schedules.ts'
import { type CreatedServer, createdServer, type RestoredServer, restoredServer } from './render-server.ts'
import { installed } from './render-service.ts'
import { type Status, status } from './render-status.ts'
import { table } from './render-table.ts'
import { outcome, type Standing, standing, type Verified, verification } from './render-verify.ts'
import { type CreatedVolumes, createdVolumes } from './render-volume.ts'
import { type RestoredVolumes, restoredVolumes } from './render-volume-restore.ts'
import { age, count, type Totals, totals } from './render-words.ts'

interface ListedBackup {
  id: string
  name?: string
  source: string
  type: string
  kind: string
  scope: string
  finished: string
  started: string
  description?: string
  server: string
  totals: Totals
  sizes: { raw: number; stored: number }
  compression: number
  proof: Standing
  pinned: boolean
  retention: string[]
}

/** A function's result for people; ends with a newline. */
export function people(name: string, result: unknown, options: { verbose: boolean }): string {
  switch (name) {
    case 'create':
      return 'databases' in (result as object)
        ? createdServer(result as CreatedServer)
        : created(result as Created)
    case 'volume-backup':
      return createdVolumes(result as CreatedVolumes)
    case 'list':
      return 'trash' in (result as object)
        ? trashed(result as Parameters<typeof trashed>[0])
        : listed(result as Listing, options.verbose)
    case 'restore':
      if ('serverRun' in (result as object)) return restoredServer(result as RestoredServer)
      return 'volumes' in (result as object) || 'plans' in (result as object)
        ? restoredVolumes(result as RestoredVolumes)
        : restored(result as Restored)
    case 'verify':
      return verification(result as { verified: Verified[] })
    case 'export':
      return exported(result as Exported)
    case 'remove':
    case 'undo':
    case 'pin':
    case 'accept':
    case 'apply-retention':
      return retention(name, result)
    case 'recover':
      return recovered(result as Parameters<typeof recovered>[0])
    case 'drill':
      return drilled(result as Parameters<typeof drilled>[0])
    case 'runs':
      return ran(result as Parameters<typeof ran>[0])
    case 'schedule':
      return scheduled(result as Parameters<typeof scheduled>[0])
    case 'schedule run':
      return ranSchedule(result as Parameters<typeof ranSchedule>[0], people)
    case 'install-service':
      return installed(result as Parameters<typeof installed>[0])
    case 'check-service':
      return serviceState(result as Parameters<typeof serviceState>[0])
    case 'config check':
      return checkedConfig(result as Parameters<typeof checkedConfig>[0])
    case 'config show':
      return shownConfig(result as Parameters<typeof shownConfig>[0])
    case 'status':
      return status(result as Status)
    default:
      return `${JSON.stringify(result, undefined, 2)}\n`
  }
}

type Manifestlike = Omit<ListedBackup, 'source' | 'scope' | 'proof' | 'pinned' | 'retention'> & {
  source: { id: string }
}
interface Created {
  backup: Manifestlike
  verified?: Verified
}
interface Listing {
  backups: ListedBackup[]
  damaged?: { source: string; id: string; message: string }[]
}

function created({ backup, verified }: Created): string {
  return [
    `Backed up ${backup.source.id} as ${backup.id}`,
    `  ${totals(backup.totals)}; ${humanBytes(backup.sizes.raw)} stored as ${humanBytes(backup.sizes.stored)}`,
    ...(verified ? [`  ${outcome(verified)}`] : []),
    '',
  ].join('\n')
}

function listed({ backups, damaged }: Listing, verbose: boolean): string {
  const head = ['ID', 'NAME', 'SOURCE', 'TYPE', 'SCOPE', 'AGE', 'HOLDS', 'RAW', 'STORED', 'PROVEN', 'KEPT BY']
  const rows = backups.map(backup => [
    backup.id,
    backup.name ?? '',
    backup.source,
    backup.kind === 'safety' ? 'safety' : backup.type,
    backup.scope,
    age(backup.finished),
    totals(backup.totals),
    humanBytes(backup.sizes.raw),
    humanBytes(backup.sizes.stored),
    standing(backup.proof),
    [...(backup.pinned ? ['pinned'] : []), ...backup.retention].join(' '),
  ])
  const details = verbose
    ? backups.map(backup => `\n${backup.source}/${backup.id}\n${JSON.stringify(backup, undefined, 2)}\n`)
    : []
  const broken = (damaged ?? []).map(({ source, id, message }) => `damaged: ${source}/${id}: ${message}\n`)
  if (backups.length === 0 && broken.length === 0) return 'No backups.\n'
  return [table([head, ...rows]), ...broken, ...details].join('')
}

interface Restored {
  backup?: string
  plan?: RestorePlan
  restored?: RestoreResult
}

function restored({ backup, plan, restored: result }: Restored): string {
  if (plan) {
    const refusals = plan.refusals.map(
      ({ message, hint }) => `refused: ${message}${hint ? `\n  ${hint}` : ''}`,
    )
    const lines = [
      ...plan.steps.map(step => `- ${step}`),
      ...plan.warnings.map(text => `warning: ${text}`),
      ...refusals,
    ]
    return `Restoring ${backup} would:\n${lines.join('\n')}\n`
  }
  if (!result) return '\n'
  const kept = result.kept
    ? `\n  The old database is kept as ${result.kept} (undo: respaldo restore --undo)`
    : result.safety
      ? `\n  The old database was dropped; its safety backup is ${result.safety}`
      : ''
  const compared =
    result.tables > 0 ? `\n  ${count(result.tables, 'table')} with ${count(result.rows, 'row')} compared` : ''
  return `Restored ${result.database}${backup ? ` from ${backup}` : ''}${compared}${kept}\n`
}

interface Exported {
  backup: string
  exported: { file: string; bytes: number; metadata?: string }
}

function exported({ backup, exported: { file, bytes, metadata } }: Exported): string {
  return `Exported ${backup} to ${file} (${humanBytes(bytes)})${metadata ? `, described in ${metadata}` : ''}\n`
}
