import type Docker from 'dockerode'
import { RespaldoError } from '../errors.ts'
import { nearestFirst } from '../nearest.ts'
import type { VolumeSource, VolumeTarget } from '../volumes/volume.ts'
import { chooseContainer } from './docker-choice.ts'
import { projectLabel, sourceLabel } from './docker-container.ts'
import { type DockerEngine, readListed } from './docker-engine.ts'
import { isOwn } from './docker-made.ts'
import { volumeNotFound } from './docker-volume-errors.ts'
import { listVolumes, usersIn } from './docker-volume-facts.ts'
import { isSourceName, volumeSourceId } from './source-id.ts'

type Listing = Pick<Docker.VolumeInspectInfo, 'Name' | 'Labels'>

/** What the engine has, as it is asked for in one moment. */
interface Seen {
  host: string | undefined
  volumes: readonly Listing[]
  containers: readonly Docker.ContainerInfo[]
}

/** All volumes that are worth a backup by themselves, by name: anonymous ones only while a container mounts them. */
export async function volumeSources(engine: DockerEngine, signal?: AbortSignal): Promise<VolumeSource[]> {
  const seen = await look(engine, signal)
  return seen.volumes.filter(volume => isCandidate(volume, seen)).map(volume => sourceOf(volume, seen))
}

/** Those that are meant, by name, each once. See `Volumes.find`. */
export async function findVolumes(
  engine: DockerEngine,
  target: VolumeTarget,
  signal?: AbortSignal,
): Promise<VolumeSource[]> {
  if (target.namespace !== undefined)
    throw new RespaldoError('input-invalid', 'A Docker engine has no namespaces', {
      hint: 'Leave --namespace out, or give --environment kubernetes.',
    })
  const seen = await look(engine, signal)
  const names = new Set([
    ...(target.volumes ?? []).map(wanted => named(wanted, seen)),
    ...(target.container === undefined ? [] : ofContainer(target.container, seen)),
    ...(target.project === undefined ? [] : ofProject(target.project, seen)),
  ])
  if (names.size === 0) throw nothingNamed(seen)
  return seen.volumes.filter(({ Name }) => names.has(Name)).map(volume => sourceOf(volume, seen))
}

async function look(engine: DockerEngine, signal?: AbortSignal): Promise<Seen> {
  const [volumes, containers] = await Promise.all([listVolumes(engine, signal), engine.containers(signal)])
  return { host: engine.host, volumes: volumes.filter(({ Labels }) => !isOwn(Labels)), containers }
}

function isCandidate({ Name, Labels }: Listing, { containers }: Seen): boolean {
  if (Labels?.[sourceLabel] === 'false') return false
  return !isAnonymous(Name) || usersIn(containers, Name).length > 0
}

const isAnonymous = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)

function sourceOf(volume: Listing, seen: Seen): VolumeSource {
  const place = {
    environment: 'docker' as const,
    volume: volume.Name,
    ...(seen.host === undefined ? {} : { host: seen.host }),
  }
  const { label, said } = labelOf(volume, seen)
  return { id: volumeSourceId(place, label), kind: 'volume', place, reason: said ?? reasonOf(volume, seen) }
}

/** The label's name for it where it has one and no other volume has the same: two sources must never share a folder. */
function labelOf({ Name, Labels }: Listing, { volumes }: Seen): { label?: string; said?: string } {
  const label = Labels?.[sourceLabel]
  if (label === undefined || label === 'false') return {}
  const said = `label ${sourceLabel}${label && `=${label}`}`
  if (label === '' || label === 'true') return { said }
  if (!isSourceName(label)) return { said: `${said}, which cannot name a source` }
  const isShared = volumes.some(other => other.Name !== Name && other.Labels?.[sourceLabel] === label)
  return isShared ? { said: `${said}, which others carry too` } : { label, said }
}

function reasonOf({ Name }: Listing, { containers }: Seen): string {
  const users = [...new Set(usersIn(containers, Name).map(({ name }) => name))]
  const kind = isAnonymous(Name) ? 'anonymous volume' : 'volume'
  return users.length > 0 ? `${kind} of ${users.join(', ')}` : `${kind} that no container mounts`
}

/** By its name, else by its source's id. */
function named(wanted: string, seen: Seen): string {
  const found =
    seen.volumes.find(({ Name }) => Name === wanted) ??
    seen.volumes.find(volume => sourceOf(volume, seen).id === wanted)
  if (found) return found.Name
  throw volumeNotFound(wanted, known(nearestFirst(wanted, candidateNames(seen))))
}

const candidateNames = (seen: Seen): string[] =>
  seen.volumes.filter(volume => isCandidate(volume, seen)).map(({ Name }) => Name)

const known = (names: readonly string[]): string =>
  names.length > 0 ? `There are: ${names.join(', ')}.` : 'This engine has no volumes.'

function ofContainer(wanted: string, { containers }: Seen): string[] {
  const others = containers.filter(({ Labels }) => !isOwn(Labels))
  const chosen = chooseContainer(wanted, others.map(readListed))
  const container = others.find(({ Id }) => Id === chosen?.id)
  if (!container)
    throw containerNotFound(
      wanted,
      others.map(readListed).map(({ name }) => name),
    )
  const mounted = container.Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : []))
  if (mounted.length > 0) return mounted
  const folders = container.Mounts.filter(({ Type }) => Type === 'bind').map(({ Source }) => Source)
  throw new RespaldoError(
    'source-not-found',
    `The container ${readListed(container).name} mounts no volume${folders.length > 0 ? `, only folders of the host: ${folders.join(', ')}` : ''}`,
    {
      hint: 'Folders of the host are no volumes: `docker volume create` makes one, to which their content can be copied.',
    },
  )
}

function containerNotFound(wanted: string, names: readonly string[]): RespaldoError {
  const nearest = nearestFirst(wanted, names)
  return new RespaldoError('source-not-found', `There is no container ${wanted}`, {
    hint: nearest.length > 0 ? `There are: ${nearest.join(', ')}.` : 'This engine has no containers.',
    context: { found: nearest },
  })
}

/** Those that Compose made for it, and those that its containers mount. */
function ofProject(project: string, { volumes, containers }: Seen): string[] {
  const isOf = ({ Labels }: { Labels: Listing['Labels'] | null }) => Labels?.[projectLabel] === project
  const mounted = containers.filter(isOf).flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name))
  const found = volumes.filter(volume => isOf(volume) || mounted.includes(volume.Name))
  if (found.length > 0) return found.map(({ Name }) => Name)
  const labels = [...volumes, ...containers].map(({ Labels }) => Labels?.[projectLabel])
  const projects = [...new Set(labels.filter(label => label !== undefined))]
  throw new RespaldoError('source-not-found', `The Compose project ${project} has no volumes here`, {
    hint:
      projects.length > 0
        ? `There are the projects: ${nearestFirst(project, projects).join(', ')}.`
        : 'No container or volume of this engine belongs to a Compose project.',
  })
}

function nothingNamed(seen: Seen): RespaldoError {
  return new RespaldoError('input-invalid', 'No volume is named', {
    hint: `Name one or more, or give --container or --project. ${known(candidateNames(seen))}`,
  })
}
