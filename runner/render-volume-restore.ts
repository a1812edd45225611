import { humanBytes } from '#lib/bytes'
import { count } from './render-words.ts'

/** What a restore of one volume did. */
interface VolumeRestored {
  volume: string
  deed: string
  entries: number
  bytes: number
  digest: string
  safety?: string
}

/** What a restore of volumes did, or with `plans` would do. */
export interface RestoredVolumes {
  volumes?: { volume: string; backup: string; restored: VolumeRestored }[]
  plans?: {
    backup: string
    plan: {
      steps: string[]
      warnings: string[]
      users: { name: string; state: string; path: string }[]
      refusals: { message: string; hint?: string }[]
    }
  }[]
}

/** Every volume with what was compared; of a plan its steps, who uses the volume, and what speaks against it. */
export function restoredVolumes({ volumes = [], plans = [] }: RestoredVolumes): string {
  const lines = [...plans.flatMap(planned), ...volumes.flatMap(restored)]
  return lines.map(line => `${line}\n`).join('')
}

function restored({ volume, backup, restored: result }: NonNullable<RestoredVolumes['volumes']>[number]) {
  const { entries, bytes, digest, safety } = result
  const compared = `${count(entries, 'entry', 'entries')} with ${humanBytes(bytes)} compared, digest ${digest}`
  return [
    `Restored ${volume} from ${backup}`,
    `  ${compared}`,
    ...(safety === undefined ? [] : [`  What it held before is in the safety backup ${safety}`]),
  ]
}

function planned({ backup, plan }: NonNullable<RestoredVolumes['plans']>[number]): string[] {
  return [
    `Restoring ${backup} would:`,
    ...plan.steps.map(step => `- ${step}`),
    ...plan.users.map(({ name, state, path }) => `used by ${name} (${state}) at ${path}`),
    ...plan.warnings.map(text => `warning: ${text}`),
    ...plan.refusals.map(({ message, hint }) => `refused: ${message}${hint ? `\n  ${hint}` : ''}`),
  ]
}
