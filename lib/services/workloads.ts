import { describeAddress } from '../environment/docker-client.ts'
import { dockerVolumes } from '../environment/docker-volumes.ts'
import { RespaldoError } from '../errors.ts'
import type { LocatedWorkloads, Settings } from '../services.ts'
import type { WorkloadsPlace } from '../volumes/volume.ts'
import { dockerAddress } from './environments.ts'

/** Who can be made to rest at a place; without an address where the variables say. `input-invalid` where nothing can. */
export function openWorkloads(
  { environment, address }: WorkloadsPlace,
  { variables, holder }: Pick<Settings, 'variables' | 'holder'>,
): LocatedWorkloads {
  if (environment !== 'docker') throw nothing(environment)
  // Written out, because another process may have other variables.
  const host = address ?? variables.DOCKER_HOST ?? `unix://${describeAddress({})}`
  const { workloads } = dockerVolumes(dockerAddress({ ...variables, DOCKER_HOST: host }), holder)
  return { place: { environment, address: host }, workloads }
}

const nothing = (environment: string): RespaldoError =>
  new RespaldoError('input-invalid', `Nothing can be stopped or paused in the environment ${environment}`, {
    hint: 'Containers of a Docker engine can.',
  })
