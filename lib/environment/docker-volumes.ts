import { RespaldoError } from '../errors.ts'
import type { Volume, Volumes } from '../volumes/volume.ts'
import type { DockerAddress } from './docker-client.ts'
import { type DockerEngine, dockerEngine } from './docker-engine.ts'
import { removeLeftovers } from './docker-made.ts'
import { inspectVolume, usersIn } from './docker-volume-facts.ts'
import { digHoles, zeroWatch } from './docker-volume-holes.ts'
import { makeVolume, removeVolume, removeVolumesLeft } from './docker-volume-make.ts'
import { madeBy, recipeOf } from './docker-volume-recipe.ts'
import { isReplaceable, replaceVolume } from './docker-volume-replace.ts'
import { freeBytesOf } from './docker-volume-room.ts'
import { findVolumes, volumeSources } from './docker-volume-sources.ts'
import { readVolume, writeVolume } from './docker-volume-stream.ts'
import { dockerWorkloads } from './docker-workloads.ts'
import type { Maker, VolumePlace } from './environment.ts'
import { volumeSourceId } from './source-id.ts'

/** The volumes of one Docker engine. The maker is this process: what it leaves behind is known by it. */
export function dockerVolumes(address: DockerAddress, maker: Maker): Volumes {
  const engine = dockerEngine(address)
  return {
    lost: 'extended attributes other than security.capability, and times before 1970 or below a second',
    sources: async function* (signal) {
      yield* await volumeSources(engine, signal)
    },
    find: (target, signal) => findVolumes(engine, target, signal),
    volume: place => volumeOf(engine, maker, nameOf(place)),
    sourceOf(name) {
      const place = placeOf(name, engine)
      return { id: volumeSourceId(place), kind: 'volume', place, reason: 'it was named' }
    },
    async make(name, recipe, { scratch, run }, signal) {
      await makeVolume(engine, { name, recipe, scratch, run }, signal)
      return placeOf(name, engine)
    },
    async sweep(isAlive, signal) {
      await removeLeftovers(engine, { isAlive })
      await removeVolumesLeft(engine, isAlive, signal)
    },
    workloads: dockerWorkloads(engine),
  }
}

function volumeOf(engine: DockerEngine, maker: Maker, name: string): Volume {
  return {
    async inspect(signal) {
      const found = await inspectVolume(engine, name, signal)
      const users = usersIn(await engine.containers(signal), name)
      // The engine counts a volume's bytes by walking all volumes, containers and images.
      return { users, recipe: recipeOf(found), usedBytes: undefined, madeBy: madeBy(found) }
    },
    read: signal => readVolume(engine, maker, name, signal),
    async write(tar, signal) {
      const { bytes, isWorthDigging } = zeroWatch(tar)
      await writeVolume(engine, maker, { volume: name, tar: bytes }, signal)
      if (isWorthDigging()) await digHoles(engine, maker, name, signal)
    },
    replaceWith: (staged, signal) =>
      replaceVolume(engine, maker, { volume: name, staged: nameOf(staged) }, signal),
    isReplaceable: signal => isReplaceable(engine, maker, name, signal),
    freeBytes: signal => freeBytesOf(engine, maker, name, signal),
    remove: () => removeVolume(engine, name),
  }
}

const placeOf = (volume: string, { host }: Pick<DockerEngine, 'host'>): VolumePlace => ({
  environment: 'docker',
  volume,
  ...(host === undefined ? {} : { host }),
})

function nameOf({ environment, volume }: VolumePlace): string {
  if (environment === 'docker') return volume
  throw new RespaldoError('internal', `A volume of ${environment} was given to the docker environment`)
}
