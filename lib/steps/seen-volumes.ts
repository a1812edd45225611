import { errorBody, RespaldoError, toRespaldoError } from '../errors.ts'
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
      const found = await unlessGone(located.volumes.volume(source.place).inspect(signal))
      if (found) volumes.push({ ...source, users: found.users })
    }
    return { environment, why, volumes }
  } catch (error) {
    return { environment, why, volumes, error: errorBody(toRespaldoError(error)) }
  }
}

/** One that is removed while all are looked at is as if it had not been there. */
function unlessGone<T>(looked: Promise<T>): Promise<T | undefined> {
  return looked.catch(error => {
    if (error instanceof RespaldoError && error.code === 'source-not-found') return undefined
    throw error
  })
}
