import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { drain } from '../bytes.ts'
import { throwIfAborted } from '../errors.ts'
import type { DockerEngine } from './docker-engine.ts'
import { labelsOf, makeContainer } from './docker-made.ts'
import { inspectVolume } from './docker-volume-facts.ts'
import type { Maker } from './environment.ts'

/** An image without files, which is made where it is missing. Its number goes up when what is in it changes. */
const emptyImage = { repo: 'respaldo-empty', tag: '1' }
const imageLabel = 'respaldo.image'

/** Says whether an image is that one, by its labels. */
export const isEmptyImage = (labels: Readonly<Record<string, string>> | null | undefined): boolean =>
  labels?.[imageLabel] !== undefined

/** Under the root of the container that holds a volume; it is the first part of every name in a volume's tar. */
const target = '/volume'

/** A container that is never started: through it the engine itself reads and writes a volume. */
export interface VolumeHolder extends AsyncDisposable {
  container: Docker.Container
}

/** Makes one, which disposing removes. `source-not-found` when there is no such volume, because the engine would make one. */
export async function openHolder(
  engine: DockerEngine,
  maker: Maker,
  volume: { name: string; readOnly: boolean },
  signal?: AbortSignal,
): Promise<VolumeHolder> {
  await inspectVolume(engine, volume.name, signal)
  const options = holderOptions(volume, maker)
  try {
    return await makeContainer(engine, options).catch(async error => {
      if (!isImageMissing(error)) throw error
      await importEmptyImage(engine, signal)
      return makeContainer(engine, options)
    })
  } catch (error) {
    throw engine.explain(error)
  }
}

function holderOptions(
  { name, readOnly }: { name: string; readOnly: boolean },
  maker: Maker,
): Docker.ContainerCreateOptions {
  return {
    name: `respaldo-volume-${randomBytes(6).toString('hex')}`,
    Image: `${emptyImage.repo}:${emptyImage.tag}`,
    Cmd: ['none'],
    Labels: labelsOf('volume', maker),
    HostConfig: { NetworkMode: 'none', Mounts: [volumeMount(name, target, readOnly)] },
  }
}

/** A volume in a container of Respaldo's own, into which nothing of the container's image is copied. */
export function volumeMount(volume: string, target: string, readOnly: boolean): Docker.MountSettings {
  const mount = { Type: 'volume', Source: volume, Target: target, ReadOnly: readOnly } as const
  return { ...mount, VolumeOptions: { NoCopy: true } as Docker.MountSettings['VolumeOptions'] }
}

const isImageMissing = (error: unknown): boolean =>
  (error as { statusCode?: number }).statusCode === 404 && /no such image/i.test((error as Error).message)

const emptyTar = Buffer.alloc(1024)

async function importEmptyImage(engine: DockerEngine, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal)
  const docker = await engine.client()
  const options = { ...emptyImage, changes: `LABEL ${imageLabel}=empty` }
  // A failure in what it answers shows when the image is used.
  await drain((await docker.importImage(Readable.from([emptyTar]), options)) as Readable)
}
