import { RespaldoError } from '../errors.ts'
import { chooseContainer, chooseOnly, containerNotFound } from './docker-choice.ts'
import type { DockerAddress } from './docker-client.ts'
import { discover, type Found, foundByName, sourceOf } from './docker-discovery.ts'
import { assertRunning, type DockerEngine, dockerEngine, type Listed } from './docker-engine.ts'
import { shellIn } from './docker-exec.ts'
import { dockerScratch } from './docker-scratch.ts'
import type { ShellEnvironment, Source, Target } from './environment.ts'
import { bySourceId } from './found-sources.ts'
import { type Given, ownServer, readSettings } from './server-settings.ts'

export { type DockerAddress, parseDockerHost } from './docker-client.ts'

/**
 * PostgreSQL in the containers of one Docker engine. Commands run in the container itself, with its own client tools, which always fit.
 * A user and a password that `find` was given belong to the very object that it returned, and stand nowhere else.
 */
export function dockerEnvironment(address: DockerAddress = {}): ShellEnvironment {
  const engine = dockerEngine(address)
  const given = new WeakMap<Source, Given>()
  return {
    name: 'docker',
    async *sources(signal) {
      const found = await discover(engine, await engine.list(signal), signal)
      yield* found.map(one => sourceOf(one, engine.host))
    },
    async find(target, signal) {
      if (target.url !== undefined) throw noUrl()
      const { found, database } = await choose(engine, target, signal)
      assertRunning(found.container)
      const source = sourceOf(found, engine.host, target.database ?? database)
      given.set(source, { user: target.user, password: target.password })
      return source
    },
    shell: source => shellIn(engine.place(containerOf(source))),
    async connection(source, signal) {
      const name = containerOf(source)
      const container = await engine.inspect(name, signal)
      if (!container) throw containerNotFound(name, [])
      assertRunning(container)
      const settings = await readSettings(container.env, engine.readerOf(container, signal))
      return ownServer(container, settings, given.get(source) ?? {}, source.place.database)
    },
    scratch: (wishes, signal) => dockerScratch(engine, wishes, signal),
  }
}

interface Choice {
  found: Found
  /** Where the source's id says another one than the container's default. */
  database?: string
}

async function choose(engine: DockerEngine, target: Target, signal?: AbortSignal): Promise<Choice> {
  const listed = await engine.list(signal)
  if (target.container !== undefined) return { found: await named(engine, target.container, listed, signal) }
  const found = await discover(engine, listed, signal)
  const all = found.map(one => ({ found: one, source: sourceOf(one, engine.host) }))
  if (target.source === undefined) return chooseOnly(all)
  const idOf = (one: Found, database?: string) => sourceOf(one, engine.host, database).id
  return (
    bySourceId(found, target.source, idOf) ?? { found: await named(engine, target.source, listed, signal) }
  )
}

/** Whatever the container looks like. */
async function named(
  engine: DockerEngine,
  wanted: string,
  listed: readonly Listed[],
  signal?: AbortSignal,
): Promise<Found> {
  const chosen = chooseContainer(wanted, listed)
  const found = chosen && (await foundByName(engine, chosen.id, signal))
  if (found) return found
  const sources = await discover(engine, listed, signal)
  throw containerNotFound(
    wanted,
    sources.map(one => sourceOf(one, engine.host)),
  )
}

function containerOf({ place }: Source): string {
  if (place.container !== undefined) return place.container
  throw new RespaldoError('internal', `A source of ${place.environment} was given to the docker environment`)
}

function noUrl(): RespaldoError {
  return new RespaldoError('input-invalid', 'A container is not named by an address', {
    hint: 'Give --container instead of --url, or --environment direct with it.',
  })
}
