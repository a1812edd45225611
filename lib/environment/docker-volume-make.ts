import type Docker from 'dockerode'
import { RespaldoError } from '../errors.ts'
import type { VolumeRecipe } from '../volumes/volume.ts'
import type { DockerEngine } from './docker-engine.ts'
import { isLeft, isOwn } from './docker-made.ts'
import { volumeFailure } from './docker-volume-errors.ts'
import { listVolumes } from './docker-volume-facts.ts'
import { scratchVolume, volumeOptions } from './docker-volume-recipe.ts'
import type { Maker } from './environment.ts'

interface NewVolume {
  name: string
  recipe: VolumeRecipe
  scratch: Maker | undefined
  run: string | undefined
}

/** Makes a volume; see `Volumes.make`. `restore-unsafe` when it would hold the files of another one. */
export async function makeVolume(
  engine: DockerEngine,
  { name, recipe, scratch, run }: NewVolume,
  signal?: AbortSignal,
): Promise<void> {
  const options = scratch ? scratchVolume(name, scratch) : volumeOptions(name, recipe, run)
  assertNew(options, await listVolumes(engine, signal))
  await (await engine.client()).createVolume(options).catch(error => {
    throw volumeFailure(error, engine, { verb: 'make', volume: name })
  })
}

/** The engine would answer with a volume that exists, and make two of one folder or share without a word. */
function assertNew(
  { Name, DriverOpts }: Docker.VolumeCreateOptions,
  volumes: readonly Docker.VolumeInspectInfo[],
): void {
  if (volumes.some(other => other.Name === Name))
    throw new RespaldoError('input-invalid', `The volume ${Name} exists already`, {
      hint: 'Choose another name.',
    })
  const device = DriverOpts?.device
  // A device without a slash is only a word, such as that of a tmpfs.
  const same = device?.includes('/') && volumes.find(({ Options }) => Options?.device === device)
  if (same)
    throw new RespaldoError(
      'restore-unsafe',
      `The volume ${Name} would be ${device} again, which the volume ${same.Name} is`,
      { hint: `Make another one first, with \`docker volume create ${Name}\`, and restore into it.` },
    )
}

/** Removes a volume; one that is gone is no failure. */
export async function removeVolume(engine: DockerEngine, name: string): Promise<void> {
  const docker = await engine.client()
  await docker
    .getVolume(name)
    .remove()
    .catch(error => {
      if ((error as { statusCode?: number }).statusCode !== 404)
        throw volumeFailure(error, engine, { verb: 'remove', volume: name })
    })
}

/** Removes scratch volumes of dead processes, but for what a container uses. */
export async function removeVolumesLeft(
  engine: DockerEngine,
  isAlive: (maker: Maker) => boolean | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const left = (await listVolumes(engine, signal)).filter(
    ({ Labels, CreatedAt }) => isOwn(Labels) && isLeft(Labels, Date.parse(CreatedAt) / 1000, isAlive),
  )
  await Promise.allSettled(left.map(({ Name }) => removeVolume(engine, Name)))
}
