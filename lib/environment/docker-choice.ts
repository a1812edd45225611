import { RespaldoError } from '../errors.ts'
import { nearestFirst } from '../nearest.ts'
import type { Listed } from './docker-engine.ts'
import type { Source } from './environment.ts'

/** The container that somebody means: by name, by compose service, by id or the beginning of one. The first way that fits decides. */
export function chooseContainer(wanted: string, listed: readonly Listed[]): Listed | undefined {
  const ways: ((one: Listed) => boolean)[] = [
    ({ name }) => name === wanted.replace(/^\//, ''),
    ({ service }) => service === wanted,
    ({ id }) => /^[0-9a-f]{4,64}$/.test(wanted) && id.startsWith(wanted),
  ]
  for (const fits of ways) {
    const [first, ...others] = listed.filter(fits)
    if (first && others.length > 0) throw severalFit(wanted, [first, ...others])
    if (first) return first
  }
  return undefined
}

/** The only one there is; `source-not-found` when there is none, `input-invalid` when there are several. */
export function chooseOnly<One extends { source: Source }>(all: readonly One[]): One {
  const [first, ...others] = all
  if (first && others.length === 0) return first
  if (first) throw severalSources(all.map(({ source }) => source))
  throw new RespaldoError('source-not-found', 'There is no PostgreSQL container', {
    hint: `Start one, or name one with --container: \`docker ps -a\` shows all. ${howFound}`,
  })
}

/** Names what there is, the likeliest first. */
export function containerNotFound(wanted: string, sources: readonly Source[]): RespaldoError {
  const names = nearestFirst(
    wanted,
    sources.map(({ place }) => place.container ?? ''),
  )
  const byName = new Map(sources.map(source => [source.place.container, source]))
  const known = names.map(name => describeSource(byName.get(name)))
  return new RespaldoError('source-not-found', `There is no container or source ${wanted}`, {
    hint:
      known.length > 0 ? `There are: ${known.join(', ')}.` : `No PostgreSQL container was found. ${howFound}`,
    context: { found: names },
  })
}

const howFound =
  'Containers are recognised by their image, by the label respaldo.source, or by an open port 5432.'

function severalSources(sources: readonly Source[]): RespaldoError {
  return new RespaldoError(
    'input-invalid',
    `There are several sources: ${sources.map(describeSource).join(', ')}`,
    {
      hint: 'Say which one: by its id, or with --container.',
      context: { found: sources.map(({ id }) => id) },
    },
  )
}

function severalFit(wanted: string, fitting: readonly Listed[]): RespaldoError {
  const names = fitting.map(({ name }) => name)
  return new RespaldoError('input-invalid', `Several containers fit ${wanted}: ${names.join(', ')}`, {
    hint: 'Give the whole name of one.',
    context: { found: names },
  })
}

function describeSource(source: Source | undefined): string {
  if (!source) return ''
  const { id, place, state } = source
  return `${place.container}${id === place.container ? '' : ` (source ${id})`}${state === 'stopped' ? ', stopped' : ''}`
}
