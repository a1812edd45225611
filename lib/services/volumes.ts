import { dockerVolumes } from '../environment/docker-volumes.ts'
import type { EnvironmentName } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import type { LocatedVolumes, Settings } from '../services.ts'
import { dockerAddress } from './environments.ts'

/** Every environment that may have volumes, in the order in which they count. */
export function volumeEnvironments({ variables, holder }: Settings): LocatedVolumes[] {
  const volumes = dockerVolumes(dockerAddress(variables), holder)
  return [{ environment: 'docker', volumes, reason: 'a Docker engine' }]
}

/** The volumes of the environment that is asked for, else of the first that may have any. `input-invalid` for one that has none. */
export async function locateVolumes(
  choice: EnvironmentName | undefined,
  settings: Settings,
): Promise<LocatedVolumes> {
  const all = volumeEnvironments(settings)
  const found = all.find(({ environment }) => environment === (choice ?? all[0]!.environment))
  if (!found) throw withoutVolumes(choice!, all)
  return choice === undefined ? found : { ...found, reason: `${choice} was asked for` }
}

function withoutVolumes(choice: EnvironmentName, all: readonly LocatedVolumes[]): RespaldoError {
  const names = all.map(({ environment }) => environment)
  return new RespaldoError('input-invalid', `The environment ${choice} has no volumes`, {
    hint: `Volumes are found in: ${names.join(', ')}.`,
  })
}
