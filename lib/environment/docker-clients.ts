import type Docker from 'dockerode'
import type { Client, Rest } from '../volumes/volume.ts'
import { projectLabel } from './docker-container.ts'
import { readListed } from './docker-engine.ts'
import { stateOf } from './docker-volume-facts.ts'

type Labels = Readonly<Record<string, string>>

/** A label on containers: names of a database's container, or source ids, parted by commas. */
const clientOfLabel = 'respaldo.client-of'

/** Says whether a container's label names it as a client. */
export const isClientOf = ({ Labels }: Docker.ContainerInfo, name: string): boolean =>
  Labels[clientOfLabel]?.split(',').some(part => part.trim() === name) ?? false

/** Says whether a container belongs to a Compose project. */
export const isOfProject = ({ Labels }: Docker.ContainerInfo, project: string): boolean =>
  Labels[projectLabel] === project

/** A container as a client, with what its labels ask for; `all` are those among which it depends on some. */
export function clientOf(container: Docker.ContainerInfo, all: readonly Docker.ContainerInfo[]): Client {
  const { Labels } = container
  return {
    workload: { name: readListed(container).name, id: container.Id, kind: 'container' },
    running: stateOf(container) === 'running',
    rest: restOf(Labels),
    execBefore: Labels['respaldo.exec-before'] || undefined,
    execAfter: Labels['respaldo.exec-after'] || undefined,
    dependsOn: dependenciesOf(Labels, all),
  }
}

function restOf(labels: Labels): Rest | undefined {
  const isSet = (label: string) => ![undefined, 'false'].includes(labels[label])
  if (isSet('respaldo.stop')) return 'stop'
  return isSet('respaldo.pause') ? 'pause' : undefined
}

/** Compose writes `db:service_healthy:false,cache:service_started:true`; a service may have several containers. */
function dependenciesOf(labels: Labels, all: readonly Docker.ContainerInfo[]): string[] {
  const services = (labels['com.docker.compose.depends_on'] ?? '')
    .split(',')
    .map(part => part.split(':', 1)[0])
  const project = labels[projectLabel]
  return all
    .filter(other => project !== undefined && isOfProject(other, project))
    .map(readListed)
    .filter(({ service }) => service !== undefined && services.includes(service))
    .map(({ name }) => name)
    .sort()
}
