import { hostname } from 'node:os'
import type Docker from 'dockerode'
import { type RespaldoError, throwIfAborted } from '../errors.ts'
import { commandFailed } from './command-failure.ts'
import type { DockerEngine } from './docker-engine.ts'
import { lastLines } from './docker-logs.ts'
import { isOwn, labelsOf, makeContainer, removeMade } from './docker-made.ts'
import { isNoRoom, noRoom } from './docker-volume-errors.ts'
import { isEmptyImage } from './docker-volume-holder.ts'
import type { Command, Maker } from './environment.ts'

/** A script for `sh` that works on volumes. */
export interface VolumeScript {
  /** What it does, for messages. */
  name: string
  /** It ends with `unfit`, before it changed anything, where the image lacks what it needs. */
  script: string
  args: readonly string[]
  /** The volumes by where the script finds them. */
  mounts: readonly Docker.MountSettings[]
  /** Of the volume for which it runs: the images of its containers are tried first. */
  volume: string
  /** Of the container: one with this name at a time; an older one is ended. */
  container?: string
}

/** The status by which a script says that this image is not for it. */
export const unfit = 64

/** What a script wrote, its last lines. Undefined when no image that is present can run it. */
export async function runOnVolumes(
  engine: DockerEngine,
  maker: Maker,
  script: VolumeScript,
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  for (const image of await presentImages(engine, script.volume, signal)) {
    throwIfAborted(signal)
    const ending = await runIn(image, engine, maker, script, signal)
    if (ending === undefined || isOfUnfit(ending)) continue
    if (ending.exitCode === 0) return ending.lines
    throw failed(script, ending)
  }
  return undefined
}

function failed({ name, script, volume }: VolumeScript, { exitCode, lines }: Ended): RespaldoError {
  const full = lines.find(isNoRoom)
  if (full !== undefined) return noRoom(volume, full)
  const command: Command = { argv: ['sh', '-c', script, name] }
  return commandFailed(command, `on the volume ${volume}`, { exitCode, stderr: lines.join('\n') })
}

/** Ids of images, the likeliest first: of the volume's containers, of this very container if it is one, of other containers, all others. */
async function presentImages(
  engine: DockerEngine,
  volume: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const docker = await engine.client()
  const containers = (await engine.containers(signal)).filter(({ Labels }) => !isOwn(Labels))
  const users = containers.filter(({ Mounts }) => Mounts.some(({ Name }) => Name === volume))
  const self = containers.filter(({ Id }) => Id.startsWith(hostname()))
  const images = await docker.listImages().catch(error => {
    throw engine.explain(error, { signal })
  })
  const others = images.filter(({ Labels }) => !isEmptyImage(Labels))
  const ofContainers = [...users, ...self, ...containers].map(({ ImageID }) => ImageID)
  return [...new Set([...ofContainers, ...others.map(({ Id }) => Id)])]
}

interface Ended {
  exitCode: number
  lines: string[]
}

/** Undefined when the image is gone, or cannot start `sh`. */
async function runIn(
  image: string,
  engine: DockerEngine,
  maker: Maker,
  script: VolumeScript,
  signal: AbortSignal | undefined,
): Promise<Ended | undefined> {
  try {
    if (script.container !== undefined) await removeMade(engine, script.container)
    await using made = await makeContainer(engine, containerOptions(image, script, maker))
    return await toEnd(made.container, signal)
  } catch (error) {
    if (!signal?.aborted && isUnfit(error)) return undefined
    throw engine.explain(error, { signal })
  }
}

/** Nothing of the image counts but its programs, and nothing but the volumes can be reached or changed. */
function containerOptions(
  image: string,
  { script, args, mounts, container }: VolumeScript,
  maker: Maker,
): Docker.ContainerCreateOptions {
  return {
    ...(container === undefined ? {} : { name: container }),
    Image: image,
    Entrypoint: ['sh', '-c', script, 'respaldo', ...args],
    Cmd: [],
    Env: ['LC_ALL=C'],
    User: '0:0',
    WorkingDir: '/',
    Healthcheck: { Test: ['NONE'] },
    Labels: labelsOf('volume', maker),
    HostConfig: {
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      LogConfig: { Type: 'json-file', Config: {} },
      Mounts: [...mounts],
    },
  }
}

async function toEnd(container: Docker.Container, signal: AbortSignal | undefined): Promise<Ended> {
  await container.start()
  const { StatusCode } = await container.wait(signal ? { abortSignal: signal } : {})
  return { exitCode: StatusCode, lines: await lastLines(container) }
}

/** A program of another architecture is started by some engines, and fails. */
const isOfUnfit = ({ exitCode, lines }: Ended): boolean =>
  exitCode === unfit || (exitCode !== 0 && lines.some(line => line.includes('exec format error')))

/** That a program cannot be started the engine tells in words alone. */
const isUnfit = (error: unknown): boolean =>
  /no such image|exec: "sh"|executable file|exec format error/i.test((error as Error).message)
