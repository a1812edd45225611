import { collect } from '../bytes.ts'
import { execInPod, type PodPlace } from './kubernetes-exec.ts'
import type { ReadFile } from './server-settings.ts'

/** What a container's processes know of themselves. */
export interface Inside {
  /** Wherever they come from: those of Secrets are read here and never through the API. */
  variables: Readonly<Record<string, string>>
  /** Who PostgreSQL is there; undefined where that is not known, or root. */
  uid: number | undefined
}

const printing = String.raw`
printf '%s\0' "$(id -u postgres 2>/dev/null || id -u)"
for name; do
  eval "value=\${$name-}"
  [ "$value" ] && printf '%s=%s\0' "$name" "$value"
done
exit 0
`

const limitBytes = 256 * 1024

/** Asks in one go, for the variables of these names. */
export async function lookInside(
  place: PodPlace,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Inside> {
  const { stdout } = execInPod(place, { argv: ['sh', '-c', printing, 'look', ...names] }, signal)
  const [uid, ...entries] = (await collect(stdout, limitBytes)).toString().split('\0')
  const set = entries.filter(Boolean).map(entry => entry.split(/=(.*)/s, 2))
  return { variables: Object.fromEntries(set), uid: Number(uid) > 0 ? Number(uid) : undefined }
}

/** Reads small files of a container, as the user that its commands run as. */
export function readerIn(place: PodPlace, signal?: AbortSignal): ReadFile {
  return async file => {
    const { stdout } = execInPod(place, { argv: ['cat', file] }, signal)
    return (await collect(stdout, limitBytes)).toString().replace(/\n+$/, '')
  }
}
