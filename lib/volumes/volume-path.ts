import type { ByteString } from './byte-string.ts'

/**
 * The tar of a volume has its root as the folder `volume/`, and everything else beneath: as Docker's engine writes it for the volume that is
 * mounted at `/volume`. So the root comes back with its owner, mode and time, and `tar -x` makes one folder of it.
 */
export const volumeRoot = 'volume' as ByteString

/** Segments that are empty, `.` or `..`, also at the beginning: of absolute names and of those that climb. */
const odd = /(?:^|\/)\.{0,2}(?:\/|$)/

/** The path from the volume's root, which itself is the empty path. Undefined for what is not in the volume, or not plainly. */
export function inVolume(path: ByteString): ByteString | undefined {
  if (path === volumeRoot) return '' as ByteString
  return path.startsWith(`${volumeRoot}/`) && !odd.test(path)
    ? (path.slice(volumeRoot.length + 1) as ByteString)
    : undefined
}

/** True for the folder itself and for all beneath it. */
export const isWithin = (path: ByteString, folder: ByteString): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`)

/** The folder that a path is in; undefined for what is in none. */
export function parentOf(path: ByteString): ByteString | undefined {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? undefined : (path.slice(0, slash) as ByteString)
}
