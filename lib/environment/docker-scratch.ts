import { randomBytes } from 'node:crypto'
import type Docker from 'dockerode'
import { systemClock } from '../clock.ts'
import { RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import type { DockerEngine } from './docker-engine.ts'
import { exitCodeInContainer, shellIn } from './docker-exec.ts'
import { lastLines } from './docker-logs.ts'
import { removeLeftovers, removeMade } from './docker-made.ts'
import { type ScratchOrigin, scratchOptions } from './docker-scratch-options.ts'
import type { ScratchServer, ScratchWishes } from './environment.ts'
import { ownServer, readNames } from './server-settings.ts'

/**
 * A throw-away server in a container of the source's own image, so that extensions and versions fit. It has no network, a limit of memory,
 * and goes with its data when it is disposed of, or when the next one is made after its process died.
 */
export async function dockerScratch(
  engine: DockerEngine,
  wishes: ScratchWishes,
  signal?: AbortSignal,
): Promise<ScratchServer> {
  const docker = await engine.client()
  await removeLeftovers(engine, wishes)
  throwIfAborted(signal)
  const origin = await originOf(engine, docker, wishes)
  const password = randomBytes(18).toString('base64url')
  const container = await docker.createContainer(scratchOptions(origin, wishes, password)).catch(error => {
    throw engine.explain(error)
  })
  try {
    await container.start()
    await untilReady(engine, container, origin, signal)
    const settings = { user: origin.user, password, database: wishes.place.database }
    const made = (await engine.inspect(container.id, signal))!
    return {
      shell: shellIn(engine.place(made.name)),
      connection: ownServer(made, settings, {}, settings.database),
      isolated: true,
      description: `a container of ${wishes.place.image ?? origin.image}`,
      [Symbol.asyncDispose]: () => removeMade(engine, container.id),
    }
  } catch (error) {
    await removeMade(engine, container.id)
    throw signal?.aborted ? toRespaldoError(signal.reason) : engine.explain(error)
  }
}

/** The image that the source runs, else the one that it ran when it was backed up. */
async function originOf(
  engine: DockerEngine,
  docker: Docker,
  { place, user, isPlaceLost }: ScratchWishes,
): Promise<ScratchOrigin> {
  const source =
    isPlaceLost || place.container === undefined ? undefined : await engine.inspect(place.container)
  const image = source?.imageId ?? place.image
  const found = image && (await imageConfig(engine, docker, image))
  if (!found) throw noImage(place.container, image)
  const names = source && (await readNames(source.env, engine.readerOf(source)))
  return { image, config: found, env: source?.env ?? {}, user: names?.user ?? user ?? 'postgres' }
}

async function imageConfig(
  engine: DockerEngine,
  docker: Docker,
  image: string,
): Promise<ScratchOrigin['config'] | undefined> {
  try {
    return (await docker.getImage(image).inspect()).Config
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw engine.explain(error)
  }
}

const patienceMilliseconds = 180_000

/** Over TCP, where the server that only sets up the data does not listen yet. */
async function untilReady(
  engine: DockerEngine,
  container: Docker.Container,
  { image, user }: ScratchOrigin,
  signal: AbortSignal | undefined,
): Promise<void> {
  const place = engine.place(container.id)
  const begun = systemClock.monotonic()
  for (;;) {
    throwIfAborted(signal)
    const now = await engine.inspect(container.id, signal)
    if (now?.state !== 'running') throw await notStarted(container, image, 'ended before it was ready')
    const code = await exitCodeInContainer(place, ['pg_isready', '-q', '-h', '127.0.0.1', '-U', user]).catch(
      () => undefined, // it ended meanwhile, which the next look will tell
    )
    if (code === 0) return
    if (systemClock.monotonic() - begun > patienceMilliseconds)
      throw await notStarted(container, image, `was not ready after ${patienceMilliseconds / 1000} s`)
    await systemClock.sleep(200, signal)
  }
}

async function notStarted(container: Docker.Container, image: string, what: string): Promise<RespaldoError> {
  const lines = await lastLines(container)
  return new RespaldoError(
    'environment-unavailable',
    `The scratch server, a container of ${image}, ${what}: ${lines.findLast(line => /FATAL|ERROR|error/.test(line)) ?? lines.at(-1)}`,
    {
      hint: "Its last lines are in the context. It is made with the source's shared_preload_libraries, without its configuration files.",
      context: { log: lines },
    },
  )
}

function noImage(container: string | undefined, image: string | undefined): RespaldoError {
  const gone = `The container ${container} is not there`
  return new RespaldoError(
    'environment-unavailable',
    image === undefined
      ? `${gone}, and the backup does not tell of which image it was`
      : `${gone}, and its image ${image} is not here`,
    {
      hint: `${image === undefined ? 'Start the container again' : `Get the image with \`docker pull ${image}\``}, or name a server with scratch.url in the configuration.`,
    },
  )
}
