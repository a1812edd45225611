import { RespaldoError } from '../errors.ts'
import { nearestFirst } from '../nearest.ts'
import type { Source } from './environment.ts'
import type { Pod } from './kubernetes-pods.ts'

/** The living pod that somebody means: by its name, else by that of its Deployment. */
export function choosePod(wanted: string, pods: readonly Pod[]): Pod | undefined {
  const byName = pods.filter(({ name }) => name === wanted)
  const fitting = byName.length > 0 ? byName : pods.filter(({ workload }) => workload === wanted)
  const [first, ...others] = fitting
  if (first && others.length > 0) throw severalFit(wanted, fitting)
  return first
}

/** The only one there is; `source-not-found` when there is none, `input-invalid` when there are several. */
export function chooseOnly<One extends { source: Source }>(
  all: readonly One[],
  namespaces: readonly (string | undefined)[],
): One {
  const [first, ...others] = all
  if (first && others.length === 0) return first
  if (first) throw severalSources(all.map(({ source }) => source))
  throw new RespaldoError('source-not-found', `There is no PostgreSQL pod in ${describeScope(namespaces)}`, {
    hint: `Name one with --pod, or its namespace with --namespace. ${howFound}`,
  })
}

/** Names what there is, the likeliest first. */
export function podNotFound(
  wanted: string,
  namespaces: readonly (string | undefined)[],
  pods: readonly Pod[],
): RespaldoError {
  const names = nearestFirst(
    wanted,
    pods.map(({ name }) => name),
  ).slice(0, 10)
  const where = describeScope(namespaces)
  return new RespaldoError('source-not-found', `There is no pod or source ${wanted} in ${where}`, {
    hint:
      names.length > 0
        ? `There are: ${names.join(', ')}.`
        : `Not one pod is seen there: is that the right namespace (--namespace), and the right cluster (--context)?`,
    context: { found: names },
  })
}

const howFound =
  'Pods are recognised by their image, by the label or annotation respaldo.dev/source, or by an open port 5432.'

function describeScope(namespaces: readonly (string | undefined)[]): string {
  if (namespaces.includes(undefined)) return 'any namespace'
  return `the namespace${namespaces.length > 1 ? 's' : ''} ${namespaces.join(', ')}`
}

function severalSources(sources: readonly Source[]): RespaldoError {
  const described = sources.map(({ id, place }) => `${place.namespace}/${place.pod} (source ${id})`)
  return new RespaldoError('input-invalid', `There are several sources: ${described.join(', ')}`, {
    hint: 'Say which one: by its id, or with --pod and --namespace.',
    context: { found: sources.map(({ id }) => id) },
  })
}

function severalFit(wanted: string, fitting: readonly Pod[]): RespaldoError {
  const names = fitting.map(({ namespace, name }) => `${namespace}/${name}`)
  return new RespaldoError('input-invalid', `Several pods fit ${wanted}: ${names.join(', ')}`, {
    hint: 'Give the name of one, or its namespace with --namespace.',
    context: { found: names },
  })
}
