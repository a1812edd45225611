import type { Clock } from '../clock.ts'
import { shown } from './byte-string.ts'
import type { TarListener } from './tar-reader.ts'
import { inVolume } from './volume-path.ts'

/** What of a volume changed while it was read. */
export interface Changes {
  count: number
  /** The first ones, for people. */
  paths: readonly string[]
}

/** A listener that may be asked when the tar was whole. */
export interface ChangesListener extends TarListener {
  result(): Changes
}

const namedPaths = 5

/**
 * Files and folders whose time of change lies between now, as the reading begins, and when they pass. It is what can be known: times are whole
 * seconds of the volume's machine, and what changes after it passed, or vanishes, shows only in its folder's time, if at all.
 */
export function openChanges(clock: Pick<Clock, 'now'>): ChangesListener {
  const since = clock.now().getTime()
  const paths: string[] = []
  let count = 0
  return {
    entry({ kind, path, mtime }) {
      const changed = mtime * 1000
      if (changed <= since || changed > clock.now().getTime() || (kind !== 'file' && kind !== 'folder'))
        return
      count += 1
      if (paths.length < namedPaths) paths.push(shown(inVolume(path) || path))
    },
    body() {},
    closed() {},
    trailer() {},
    result: () => ({ count, paths }),
  }
}
