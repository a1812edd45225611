import { humanBytes } from '#lib/bytes'
import { outcome, type Verified } from './render-verify.ts'
import { totals } from './render-words.ts'

/** What `volume-backup` made. */
export interface CreatedVolumes {
  volumes: {
    volume: string
    backup: {
      id: string
      type: string
      totals: { entries: number; bytes: number }
      sizes: { stored: number; new: number }
    }
    verified?: Verified
  }[]
}

/** Every backup of the run, a few lines each. */
export function createdVolumes({ volumes }: CreatedVolumes): string {
  const lines = volumes.flatMap(({ volume, backup, verified }) => [
    `Backed up ${volume} as ${backup.id}`,
    `  ${totals(backup.totals)}, ${humanBytes(backup.totals.bytes)}; ${humanBytes(backup.sizes.new)} new in the repository`,
    ...(verified ? [`  ${outcome(verified)}`] : []),
  ])
  return lines.map(line => `${line}\n`).join('')
}
