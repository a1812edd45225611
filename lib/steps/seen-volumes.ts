import { errorBody, toRespaldoError } from '../errors.ts'
import type { LocatedVolumes } from '../services.ts'
import type { VolumeInfo, VolumeSource } from '../volumes/volume.ts'

/** The volumes of an environment, as far as they can be seen. */
export interface SeenVolumes {
  environment: LocatedVolumes['environment']
  why: string
  volumes: readonly (VolumeSource & Pick<VolumeInfo, 'users'>)[]
  /** What ended the looking. */
  error?: ReturnType<typeof errorBody>
}

/** Looks at every volume of an environment and at who uses it; a failure is a result. */
export async function seenVolumes(located: LocatedVolumes, signal: AbortSignal): Promise<SeenVolumes> {
  const { environment, reason: why } = located
  const volumes = []
  try {
    for await (const source of located.volumes.sources(signal)) {
      const { users } = await located.volumes.volume(source.place).inspect(signal)
      volumes.push({ ...source, users })
    }
    return { environment, why, volumes }
  } catch (error) {
    return { environment, why, volumes, error: errorBody(toRespaldoError(error)) }
  }
}
