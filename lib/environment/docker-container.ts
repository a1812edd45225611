import type Docker from 'dockerode'
import { isCompanionImage, isServerImage } from './server-image.ts'
import { portOf } from './server-settings.ts'

/** What matters of a container. */
export interface Container {
  id: string
  name: string
  image: string
  /** Of the very image that it was made from, whatever the name means by now. */
  imageId: string
  labels: Readonly<Record<string, string>>
  /** The engine's word: `running`, `paused`, `restarting`, `exited`, `created`, `dead`. */
  state: string
  env: Readonly<Record<string, string>>
  /** Of its server: the image's default is 5432. */
  port: number | undefined
  /** 5432 is exposed or published. */
  opens5432: boolean
}

/** The label that makes a container a source, and its value the source's id. `false` leaves a container out. */
export const sourceLabel = 'respaldo.source'

/** The label by which Compose marks what belongs to a project. */
export const projectLabel = 'com.docker.compose.project'

/** Reads what `docker inspect` tells. */
export function readContainer({
  Id,
  Name,
  Image,
  Config,
  State,
  HostConfig,
}: Docker.ContainerInspectInfo): Container {
  const env = readEnv(Config.Env ?? [])
  const ports = [...Object.keys(Config.ExposedPorts ?? {}), ...Object.keys(HostConfig.PortBindings ?? {})]
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    imageId: Image,
    labels: Config.Labels ?? {},
    state: State.Paused ? 'paused' : State.Restarting ? 'restarting' : State.Status,
    env,
    port: portOf(env, [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? [])]),
    opens5432: ports.includes('5432/tcp'),
  }
}

/** Why a container counts as a PostgreSQL server, or undefined. */
export function reasonOf({
  image,
  labels,
  opens5432,
}: Pick<Container, 'image' | 'labels' | 'opens5432'>): string | undefined {
  const label = labels[sourceLabel]
  if (label === 'false') return undefined
  if (label !== undefined) return `label ${sourceLabel}${label && `=${label}`}`
  if (isServerImage(image)) return `image ${image}`
  if (opens5432 && !isCompanionImage(image)) return 'port 5432 is open'
  return undefined
}

function readEnv(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map(entry => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)]),
  )
}
