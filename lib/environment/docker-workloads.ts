import type Docker from 'dockerode'
import type { Client, Workloads } from '../volumes/volume.ts'
import { clientOf, isClientOf, isOfProject } from './docker-clients.ts'
import type { DockerEngine } from './docker-engine.ts'
import { isOwn } from './docker-made.ts'
import { ownContainer } from './docker-own-container.ts'
import { mountsOf } from './docker-volume-facts.ts'
import { assertComesBack, halt, wake } from './docker-workload-rest.ts'
import { runLine } from './docker-workload-run.ts'

/** Containers that use volumes and databases. */
export function dockerWorkloads(engine: DockerEngine): Workloads {
  const self = ownContainer()
  const among = async (
    wanted: (container: Docker.ContainerInfo) => boolean,
    signal?: AbortSignal,
  ): Promise<Client[]> => {
    const all = (await engine.containers(signal)).filter(({ Id, Labels }) => !isOwn(Labels) && Id !== self)
    const clients = all.filter(wanted).map(container => clientOf(container, all))
    return clients.toSorted((a, b) => (a.workload.name < b.workload.name ? -1 : 1))
  }
  return {
    usersOf: (place, signal) => among(container => mountsOf(container, place.volume).length > 0, signal),
    clientsOf: (name, signal) => among(container => isClientOf(container, name), signal),
    ofProject: (project, signal) => among(container => isOfProject(container, project), signal),
    look: async ({ id }, signal) => (await among(({ Id }) => Id === id, signal))[0],
    async remember(workload, rest, signal) {
      await assertComesBack(engine, { workload, rest }, signal)
      return { workload, rest }
    },
    halt: (halted, signal) => halt(engine, halted, signal),
    resume: ({ workload }, options, signal) => wake(engine, { workload, ...options }, signal),
    run: ({ name }, line, options, signal) => runLine(engine, { name, line, ...options }, signal),
  }
}
