import { throwIfAborted } from '../errors.ts'
import { type Container, reasonOf, sourceLabel } from './docker-container.ts'
import type { DockerEngine, Listed } from './docker-engine.ts'
import type { Source } from './environment.ts'
import { withoutSharedLabels } from './found-sources.ts'
import { readNames } from './server-settings.ts'
import { isSourceName, sourceId } from './source-id.ts'

/** A container that holds a source. */
export interface Found {
  container: Container
  reason: string
  /** Its default database. */
  database: string
  /** A label that names it and no other. */
  label: string | undefined
}

/** The containers that look like PostgreSQL, by name. Those that vanish meanwhile are left out. */
export async function discover(
  engine: DockerEngine,
  listed: readonly Listed[],
  signal?: AbortSignal,
): Promise<Found[]> {
  const candidates = listed.filter(({ isCandidate }) => isCandidate)
  const found: Found[] = []
  // A few at a time: an engine may hold hundreds of stopped containers.
  for (let at = 0; at < candidates.length; at += 8) {
    throwIfAborted(signal)
    const some = candidates.slice(at, at + 8).map(({ id }) => look(engine, id, signal))
    for (const one of await Promise.all(some)) if (one) found.push(one)
  }
  return withoutSharedLabels(found).toSorted((a, b) => (a.container.name < b.container.name ? -1 : 1))
}

/** One container, whatever it looks like, because somebody named it. Undefined when it is gone. */
export async function foundByName(
  engine: DockerEngine,
  id: string,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  const container = await engine.inspect(id, signal)
  return container && describe(engine, container, reasonOf(container) ?? 'it was named', signal)
}

async function look(engine: DockerEngine, id: string, signal?: AbortSignal): Promise<Found | undefined> {
  const container = await engine.inspect(id, signal)
  const reason = container && reasonOf(container)
  return container && reason !== undefined ? describe(engine, container, reason, signal) : undefined
}

async function describe(
  engine: DockerEngine,
  container: Container,
  reason: string,
  signal?: AbortSignal,
): Promise<Found> {
  const { database } = await readNames(container.env, engine.readerOf(container, signal))
  const label = container.labels[sourceLabel]
  if (!label || label === 'true') return { container, reason, database, label: undefined }
  if (isSourceName(label)) return { container, reason, database, label }
  return { container, reason: `${reason}, which cannot name a source`, database, label: undefined }
}

/** The source of a found container; another database than its default one has an id of its own. */
export function sourceOf(found: Found, host: string | undefined, database = found.database): Source {
  const { container, label, reason } = found
  const place = {
    environment: 'docker' as const,
    ...(host === undefined ? {} : { host }),
    container: container.name,
    database,
  }
  return {
    id: sourceId(place, database === found.database ? label : undefined),
    kind: 'postgres',
    place: { ...place, image: container.image },
    state: container.state === 'running' ? 'running' : 'stopped',
    reason,
  }
}
