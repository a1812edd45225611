import type { Source } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import {
  type DatabaseManifest,
  isDatabase,
  isWhole,
  type Manifest,
  type VolumeManifest,
} from '../repository/manifest.ts'
import { planQuiesce, type QuiescePlan, type QuiesceWish } from '../volumes/quiesce-plan.ts'
import type { Client, VolumeSource } from '../volumes/volume.ts'

/** What there is of a project, and what the repository holds. */
export interface ProjectFacts {
  project: string
  clients: readonly Client[]
  /** Of any project. */
  databases: readonly Source[]
  /** Of this project, with the names of the containers that mount each. */
  volumes: readonly { source: VolumeSource; users: readonly string[] }[]
  /** Newest first. */
  backups: readonly Manifest[]
  /** Those that a caller wants instead of the newest ones of their sources. */
  named: readonly Manifest[]
  /** Also volumes that a restored database's own container mounts. */
  dataVolumes: boolean
}

/** How a project is brought back. */
export interface ProjectPlan {
  databases: readonly DatabaseManifest[]
  volumes: readonly VolumeManifest[]
  /** Who rests meanwhile: all but the containers of those databases. */
  wish: QuiesceWish
  quiesce: QuiescePlan
  /** Databases and volumes that stay as they are, and why. */
  left: readonly { name: string; why: string }[]
}

/** Decides what of a project is restored: the newest whole backup of everything, or the named one. `backup-not-found` when there is nothing. */
export function planProject(facts: ProjectFacts): ProjectPlan {
  const { project, clients, volumes } = facts
  const names = new Set(clients.map(({ workload }) => workload.name))
  const databases = newestOfEach(facts, isDatabase).filter(({ source: { place } }) =>
    names.has(place.container ?? ''),
  )
  const ids = new Set(volumes.map(({ source }) => source.id))
  const all = newestOfEach(facts, isVolume).filter(({ source }) => ids.has(source.id))
  const spared = [...new Set(databases.map(({ source }) => source.place.container!))].toSorted()
  const under = new Map(
    volumes.map(({ source, users }) => [source.id, users.find(name => spared.includes(name))] as const),
  )
  const isLeft = ({ source }: VolumeManifest) => under.get(source.id) !== undefined && !facts.dataVolumes
  if (databases.length + all.length === 0) throw nothing(project)
  assertOfProject([...databases, ...all], facts)
  const wish = { asked: 'stop' as const, pauseIsEnough: false, spared }
  return {
    databases,
    volumes: all.filter(volume => !isLeft(volume)),
    wish,
    quiesce: planQuiesce(clients, wish),
    left: [
      ...withoutBackup(facts, names, [...databases, ...all]),
      ...all.filter(isLeft).map(({ source }) => ({
        name: source.id,
        why: `it is in use by ${under.get(source.id)}, whose database is restored`,
      })),
    ],
  }
}

const isVolume = (manifest: Manifest): manifest is VolumeManifest => !isDatabase(manifest)

/** By source: the one that was named, else the newest regular one of the whole. */
function newestOfEach<M extends Manifest>(
  { backups, named }: ProjectFacts,
  isOfKind: (manifest: Manifest) => manifest is M,
): M[] {
  const regular = backups.filter(({ kind, scope }) => kind === 'regular' && isWhole(scope))
  const bySource = new Map<string, M>()
  for (const manifest of [...named, ...regular])
    if (isOfKind(manifest) && !bySource.has(manifest.source.id)) bySource.set(manifest.source.id, manifest)
  return [...bySource.values()].toSorted((a, b) => (a.source.id < b.source.id ? -1 : 1))
}

function withoutBackup(
  { databases, volumes }: ProjectFacts,
  names: ReadonlySet<string>,
  found: readonly Manifest[],
): { name: string; why: string }[] {
  const ids = new Set(found.map(({ source }) => source.id))
  const there = [
    ...databases.filter(({ place }) => names.has(place.container ?? '')),
    ...volumes.map(({ source }) => source),
  ]
  return there.filter(({ id }) => !ids.has(id)).map(({ id }) => ({ name: id, why: 'it has no backup' }))
}

function assertOfProject(chosen: readonly Manifest[], { named, project }: ProjectFacts): void {
  const stray = named.find(manifest => !chosen.includes(manifest))
  if (!stray) return
  throw new RespaldoError(
    'input-invalid',
    `${stray.source.id}/${stray.id} is of nothing in the project ${project}`,
    {
      hint: 'Restore it by itself with `respaldo restore`, or name another one of the same source only once.',
    },
  )
}

const nothing = (project: string): RespaldoError =>
  new RespaldoError(
    'backup-not-found',
    `The repository holds no whole backup of anything in the project ${project}`,
    {
      hint: '`respaldo list` shows what there is; a source is found by the names of its container and database.',
    },
  )
