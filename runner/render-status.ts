import { humanBytes } from '#lib/bytes'
import { age, count } from './render-words.ts'

/** What `status` saw. */
export interface Status {
  tool: string
  profile: string
  repository: { name?: string; backups?: number; freeBytes?: number; error?: { message: string } }
  environments: { name: string; why: string; error?: { message: string }; sources: StatusSource[] }[]
  volumes: { environment: string; error?: { message: string }; volumes: StatusVolume[] }[]
  /** Absent when the repository cannot be read. */
  uncovered?: { id: string; kind: string }[]
}
interface StatusSource {
  id: string
  reason: string
  state: string
  serverVersion?: string
  clientVersion?: string
  sizeBytes?: number
  connections?: number
  error?: { message: string } | string
  lastBackup?: LastBackup
  kept?: { name: string; sizeBytes: number }[]
}

interface StatusVolume {
  id: string
  reason: string
  coveredBy?: string
  lastBackup?: LastBackup
}
interface LastBackup {
  id: string
  finished: string
}

/** Environments, their sources and what covers them, a line each. */
export function status({ tool, profile, repository, environments, volumes, uncovered }: Status): string {
  const where = repository.error
    ? repository.error.message
    : `${repository.name}: ${count(repository.backups ?? 0, 'backup')}${repository.freeBytes === undefined ? '' : `, ${humanBytes(repository.freeBytes)} free`}`
  const isAnythingSeen = [
    ...environments.map(({ sources }) => sources),
    ...volumes.map(({ volumes }) => volumes),
  ].some(({ length }) => length > 0)
  return [
    `${tool}, profile ${profile}`,
    `repository: ${where}`,
    ...environments.flatMap(environmentLines),
    ...volumes.flatMap(volumesLines),
    ...(uncovered && isAnythingSeen ? coverageLines(uncovered) : []),
    '',
  ].join('\n')
}

function environmentLines({ name, why, error, sources }: Status['environments'][number]): string[] {
  return [`${name} (${why})${error ? `: ${error.message}` : ''}`, ...sources.flatMap(sourceLines)]
}

function sourceLines(source: StatusSource): string[] {
  const last = lastOf(source.lastBackup)
  const failure = typeof source.error === 'string' ? source.error : source.error?.message
  const facts =
    failure ??
    `PostgreSQL ${source.serverVersion}, pg_dump ${source.clientVersion ?? 'missing'}, ${humanBytes(source.sizeBytes ?? 0)}, ${count(source.connections ?? 0, 'connection')}`
  const kept = (source.kept ?? []).map(
    ({ name, sizeBytes }) =>
      `    kept: ${name}, ${humanBytes(sizeBytes)} (remove: respaldo remove --kept ${name})`,
  )
  return [`  ${source.id} (${source.reason}): ${facts}; ${last}`, ...kept]
}

const lastOf = (last: LastBackup | undefined): string =>
  last ? `last backup ${last.id}, ${age(last.finished)} ago` : 'no backup yet'

/** An engine that does not answer has said so as an environment of databases. */
function volumesLines({ environment, error, volumes }: Status['volumes'][number]): string[] {
  if (volumes.length === 0) return []
  return [`volumes in ${environment}${error ? `: ${error.message}` : ''}`, ...volumes.map(volumeLine)]
}

function volumeLine({ id, reason, coveredBy, lastBackup }: StatusVolume): string {
  const isOfDatabase = coveredBy !== undefined && coveredBy !== id
  const cover = isOfDatabase ? `covered by the backups of ${coveredBy}` : lastOf(lastBackup)
  return `  ${id} (${reason}): ${cover}`
}

function coverageLines(uncovered: NonNullable<Status['uncovered']>): string[] {
  if (uncovered.length === 0) return ['all that can be seen has a backup']
  return ['NOT COVERED by any backup:', ...uncovered.map(({ id, kind }) => `  ${id} (${kind})`)]
}
