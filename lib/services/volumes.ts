import type { EnvironmentName } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import type { LocatedVolumes, Settings } from '../services.ts'

/** Every environment that may have volumes, in the order in which they count. */
export function volumeEnvironments(_settings: Settings): LocatedVolumes[] {
  return []
}

/** The volumes of the environment that is asked for, else of the first that has any. `input-invalid` for one that has none. */
export async function locateVolumes(
  choice: EnvironmentName | undefined,
  settings: Settings,
): Promise<LocatedVolumes> {
  const all = volumeEnvironments(settings)
  const found = all.find(({ environment }) => choice === undefined || environment === choice)
  if (!found) throw withoutVolumes(choice, all)
  return choice === undefined ? found : { ...found, reason: `${choice} was asked for` }
}

function withoutVolumes(choice: EnvironmentName | undefined, all: readonly LocatedVolumes[]): RespaldoError {
  const names = all.map(({ environment }) => environment)
  return new RespaldoError('input-invalid', `The environment ${choice} has no volumes`, {
    hint: `Volumes live in: ${names.join(', ')}. A folder of this machine can be a volume of Docker.`,
  })
}
