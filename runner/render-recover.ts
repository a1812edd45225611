import type { RestoreResult } from '#lib/postgres/database'
import { count } from './render-words.ts'

interface Left {
  name: string
  why: string
}

interface Recovery {
  project: string
  plan?: {
    stops: string[]
    goesOn: Left[]
    restores: { source: string; backup: string; finished: string }[]
    left: Left[]
  }
  stopped?: string[]
  databases?: { database: string; backup: string; restored: RestoreResult }[]
  left?: Left[]
}

/** A recovery, or what it would do. */
export function recovered({ project, plan, stopped = [], databases = [], left = [] }: Recovery): string {
  if (plan) return planned(project, plan)
  const lines = [
    ...databases.map(
      ({ backup, restored: { database, rows, kept } }) =>
        `${database} from ${backup}: ${count(rows, 'row')}${kept ? `; the old one is kept as ${kept}` : ''}`,
    ),
    ...(stopped.length > 0 ? [`${stopped.join(', ')}: stopped meanwhile, and started again`] : []),
    ...left.map(({ name, why }) => `${name}: left as it is, because ${why}`),
  ]
  return `Recovered the project ${project}\n${lines.map(line => `  ${line}\n`).join('')}`
}

function planned(project: string, { stops, goesOn, restores, left }: NonNullable<Recovery['plan']>): string {
  const lines = [
    ...stops.map(name => `stop ${name}`),
    ...goesOn.map(({ name, why }) => `leave ${name} as it is: ${why}`),
    ...restores.map(({ source, backup, finished }) => `restore ${source} from ${backup} (${finished})`),
    ...left.map(({ name, why }) => `not restore ${name}: ${why}`),
    ...(stops.length > 0 ? [`start ${stops.toReversed().join(', ')} again`] : []),
  ]
  return `Recovering ${project} would:\n${lines.map(line => `- ${line}\n`).join('')}`
}
