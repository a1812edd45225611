import type Docker from 'dockerode'
import type { Client, Workloads } from '../volumes/volume.ts'
import { clientOf, isClientOf, isOfProject } from './docker-clients.ts'
import type { DockerEngine } from './docker-engine.ts'
import { isOwn } from './docker-made.ts'
import { mountsOf } from './docker-volume-facts.ts'
import { assertComesBack, halt, wake } from './docker-workload-rest.ts'
import { runLine } from './docker-workload-run.ts'

/** Containers that use volumes and databases. A container is known by its name: one that Compose made anew meanwhile is the same to who started it. */
export function dockerWorkloads(engine: DockerEngine): Workloads {
  const among = async (
    wanted: (container: Docker.ContainerInfo) => boolean,
    signal?: AbortSignal,
  ): Promise<Client[]> => {
    const all = (await engine.containers(signal)).filter(({ Labels }) => !isOwn(Labels))
    const clients = all.filter(wanted).map(container => clientOf(container, all))
    return clients.toSorted((a, b) => (a.workload.name < b.workload.name ? -1 : 1))
  }
  return {
    usersOf: (place, signal) => among(container => mountsOf(container, place.volume).length > 0, signal),
    clientsOf: (name, signal) => among(container => isClientOf(container, name), signal),
    ofProject: (project, signal) => among(container => isOfProject(container, project), signal),
    async remember(workload, rest, signal) {
      await assertComesBack(engine, { name: workload.name, rest }, signal)
      return { workload, rest }
    },
    halt: ({ workload, rest }, signal) => halt(engine, { name: workload.name, rest }, signal),
    resume: ({ workload }, options, signal) => wake(engine, { name: workload.name, ...options }, signal),
    run: ({ name }, line, options, signal) => runLine(engine, { name, line, ...options }, signal),
  }
}
