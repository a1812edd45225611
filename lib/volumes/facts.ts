import { hash } from 'node:crypto'
import { type ByteString, shown } from './byte-string.ts'
import type { TarEntry } from './tar-entry.ts'

/** What counts of an entry beside its path, as texts by their labels, always in the same order. */
export type Facts = Readonly<Record<string, string>>

/**
 * Everything that has to come back: type, mode, owner, content or target, extended attributes, and the time of files in whole seconds.
 * Writing into a folder changes its time, and nobody can set a symlink's mode. Of a hard link nothing counts: it is what its file is.
 */
export function factsOf(entry: TarEntry, sha256: string): Facts {
  const { kind, mode, uid, gid } = entry
  return {
    type: kind,
    ...(kind === 'symlink' ? {} : { mode: mode.toString(8).padStart(4, '0') }),
    owner: `${uid}:${gid}`,
    ...ownFacts(entry, sha256),
    ...xattrFacts(entry),
  }
}

function ownFacts({ kind, size, mtime, link, deviceMajor, deviceMinor }: TarEntry, sha256: string): Facts {
  if (kind === 'file') return { size: `${size}`, mtime: `${mtime}`, sha256 }
  if (kind === 'symlink') return { target: shown(link) }
  return kind.endsWith('device') ? { device: `${deviceMajor}:${deviceMinor}` } : {}
}

function xattrFacts({ xattrs }: TarEntry): Facts {
  if (xattrs.size === 0) return {}
  const sorted = [...xattrs].sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(
    sorted.map(([name, value]) => [`attribute ${shown(name as ByteString)}`, hash('sha256', value)]),
  )
}
