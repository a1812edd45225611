import type { Place } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import { type DatabaseManifest, isDatabase, isWhole, type Manifest } from './manifest.ts'

/** The backups that one run made of a server's databases, as far as they are still there. */
export interface ServerRun {
  id: string
  /** One of each database, by its name. */
  backups: readonly DatabaseManifest[]
  /** How many the run was to make; fewer exist when some failed or were removed. */
  databases: number
}

/** What people call a server: its container, else its host. */
export function serverName({ container, host, port }: Place): string {
  return (
    container ??
    (port === undefined || port === 5432 ? (host ?? 'localhost') : `${host ?? 'localhost'}:${port}`)
  )
}

/** The runs over whole servers that the backups come from, newest first. */
export function serverRuns(backups: readonly Manifest[]): ServerRun[] {
  const runs = Map.groupBy(
    backups.filter(isDatabase).filter(({ serverRun }) => serverRun),
    ({ serverRun }) => serverRun!.id,
  )
  return [...runs]
    .map(([id, made]) => ({
      id,
      backups: made.toSorted(byDatabase),
      databases: made[0]!.serverRun!.databases,
    }))
    .sort((a, b) => (startOf(a) < startOf(b) ? 1 : -1))
}

/**
 * Which run a user means: its id, the name that its backups were given, or `latest`; undefined means `latest`, which is the newest of whole
 * databases. Only runs with a backup of `source` where that is given; without it, `latest` has to be of the only server that there is.
 */
export function findServerRun(
  backups: readonly Manifest[],
  reference = 'latest',
  source?: string,
): ServerRun {
  const runs = serverRuns(backups).filter(
    run => source === undefined || run.backups.some(backup => backup.source.id === source),
  )
  if (reference === 'latest') return latest(runs)
  const byId = runs.filter(({ id }) => id === reference)
  const found = byId.length > 0 ? byId : runs.filter(run => run.backups[0]!.name === reference)
  if (found.length === 1) return found[0]!
  if (found.length === 0) throw notFound(`There is no run ${reference} over a whole server`, runs)
  throw new RespaldoError('input-invalid', `Several runs are called ${reference}`, {
    hint: `Name one by its id: ${names(found)}`,
  })
}

function latest(runs: readonly ServerRun[]): ServerRun {
  const whole = runs.filter(run => run.backups.every(backup => isWhole(backup.scope)))
  const servers = Map.groupBy(whole, run => serverName(run.backups[0]!.source.place))
  if (servers.size > 1)
    throw new RespaldoError(
      'input-invalid',
      `The repository holds backups of several servers: ${[...servers.keys()].sort().join(', ')}`,
      {
        hint: 'Name one of its databases with --source, or a run by its id.',
        context: { found: [...servers.values()].map(([run]) => run!.backups[0]!.source.id) },
      },
    )
  if (whole[0]) return whole[0]
  throw notFound('There is no backup of a whole server', runs)
}

const notFound = (message: string, runs: readonly ServerRun[]): RespaldoError =>
  new RespaldoError('backup-not-found', message, {
    hint:
      runs.length > 0 ? `The newest are: ${names(runs)}` : 'Make one with `respaldo create --all-databases`.',
  })

const names = (runs: readonly ServerRun[]): string =>
  runs
    .slice(0, 10)
    .map(({ id }) => id)
    .join(', ')

const startOf = ({ backups }: ServerRun): string => backups.map(({ started }) => started).sort()[0]!

function byDatabase(a: DatabaseManifest, b: DatabaseManifest): number {
  return a.source.place.database < b.source.place.database ? -1 : 1
}
