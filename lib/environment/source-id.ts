import { createHash } from 'node:crypto'
import { RespaldoError } from '../errors.ts'
import type { Place, VolumePlace } from './environment.ts'

/** The longest readable part of an id, in bytes; an id as a whole is at most 200. */
const longest = 150

/**
 * A source's id: its label, else its configured name, else one derived from its place.
 *
 * Derived ids are a function of the place alone, and two different places never have the same one, also where upper and lower case do not
 * count. They are as short as that allows:
 * - `pc_db`: the container pc_db, database pc_db
 * - `pc_db.shop`: another database of that container
 * - `kubernetes.<namespace>.<pod>.<database>`
 * - `direct.<host>.<database>`, with `.<port>` after the host when it is not 5432 or when the host ends in a number
 * - of volumes: `volume.<name>` in Docker, `volume.<namespace>.<claim>` in Kubernetes
 * - anything else, be it one capital letter: a readable form of the same parts, `~`, and 64 bits of the place's SHA-256.
 *
 * Why they differ: in the short forms no part but the host has a dot, each form has its own count of dots or first word, and a part that is
 * not `[a-z0-9_][a-z0-9_-]*` leads to the long form, which alone has a `~`.
 */
export function sourceId(place: Place, label?: string, name?: string): string {
  const given = label || name
  if (given) return checkedSourceName(given)
  const exact = place.environment === 'direct' ? { ...place, port: place.port ?? 5432 } : place
  return shortForm(exact) ?? longForm(exact)
}

/** A volume's id, made as `sourceId` makes that of a database, and never that of one. */
export function volumeSourceId(place: VolumePlace, label?: string, name?: string): string {
  const given = label || name
  if (given) return checkedSourceName(given)
  return shortVolumeForm(place) ?? markedForm(['volume', ...volumeKeys.map(key => place[key] ?? null)])
}

/** A label or a configured name as an id; `config-invalid` when it cannot be the name of a folder everywhere. */
export function checkedSourceName(name: string): string {
  if (isSourceName(name)) return name
  throw new RespaldoError('config-invalid', `${JSON.stringify(name)} cannot name a source`, {
    hint: 'A name has 1 to 200 bytes, begins with a letter, a digit or _, and has no / \\ : * ? " < > | or control characters.',
  })
}

/** Says whether a name can be a folder on every file system, and a key in every store. */
export function isSourceName(name: string): boolean {
  const isSafe =
    /^[\p{L}\p{N}_][^\p{Cc}/\\:*?"<>|]*$/u.test(name) && !/[. ]$/.test(name) && name === name.normalize('NFC')
  const isReserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
  return isSafe && !isReserved && Buffer.byteLength(name) <= 200
}

function shortForm(place: Place): string | undefined {
  const { environment, ...rest } = place
  const has = (...keys: (keyof Place)[]) =>
    Object.entries(rest).every(([key, value]) => value === undefined || keys.includes(key as keyof Place))
  const id = has('container', 'database')
    ? ofContainer(place)
    : environment === 'kubernetes' && has('namespace', 'pod', 'database')
      ? joined(environment, [place.namespace, place.pod, place.database])
      : environment === 'direct' && has('host', 'port', 'database')
        ? ofServer(place)
        : undefined
  return id !== undefined && id.length <= longest && isSourceName(id) ? id : undefined
}

function ofContainer({ environment, container, database }: Place): string | undefined {
  if (environment !== 'docker' || !isPlain(container) || !isPlain(database)) return undefined
  if (container === database) return container
  // The first word of another form would make it ambiguous.
  return ['docker', 'kubernetes', 'direct', 'embedded', 'volume'].includes(container)
    ? undefined
    : `${container}.${database}`
}

function ofServer({ host, port, database }: Place): string | undefined {
  if (host === undefined || !host.split('.').every(isPlain)) return undefined
  const endsInNumber = /(^|\.)\d+$/.test(host)
  return joined('direct', [database], port === 5432 && !endsInNumber ? host : `${host}.${port}`)
}

function joined(
  environment: string,
  parts: readonly (string | undefined)[],
  host?: string,
): string | undefined {
  return parts.every(isPlain)
    ? [environment, ...(host === undefined ? [] : [host]), ...parts].join('.')
    : undefined
}

function isPlain(part: string | undefined): part is string {
  return part !== undefined && /^[a-z0-9_][a-z0-9_-]*$/.test(part)
}

const keys = ['environment', 'namespace', 'pod', 'container', 'host', 'port', 'folder', 'database'] as const

function longForm(place: Place): string {
  const readable = keys.filter(key => key !== 'folder')
  // It came later: without one, ids are what they were.
  const context = place.context === undefined ? [] : [place.context]
  return markedForm(
    [...keys.map(key => place[key] ?? null), ...context],
    [...readable.map(key => place[key] ?? null), ...context],
  )
}

const volumeKeys = ['environment', 'namespace', 'host', 'volume'] as const

function shortVolumeForm({ environment, namespace, volume, host }: VolumePlace): string | undefined {
  const isNamespaced = environment === 'kubernetes'
  if (!isNamespaced && environment !== 'docker') return undefined
  if (host !== undefined || isNamespaced !== (namespace !== undefined)) return undefined
  const id = joined('volume', isNamespaced ? [namespace, volume] : [volume])
  return id !== undefined && id.length <= longest ? id : undefined
}

function markedForm(values: readonly (string | number | null)[], readable = values): string {
  const mark = createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16)
  const parts = readable.map(part => readablePart(`${part ?? ''}`)).filter(Boolean)
  return `${parts.join('.').slice(0, longest)}~${mark}`
}

function readablePart(part: string): string {
  return part
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
}
