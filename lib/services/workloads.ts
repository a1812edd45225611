import { RespaldoError } from '../errors.ts'
import type { LocatedWorkloads, Settings } from '../services.ts'
import type { WorkloadsPlace } from '../volumes/volume.ts'

/** Who can be made to rest at a place; without an address where the variables say. */
export function openWorkloads(place: WorkloadsPlace, _settings: Settings): LocatedWorkloads {
  throw new RespaldoError(
    'input-invalid',
    `Nothing can be stopped or paused in the environment ${place.environment}`,
    {
      hint: 'Containers of a Docker engine can.',
    },
  )
}
