import { RespaldoError } from '../errors.ts'
import { growingBytes } from '../repository/growing.ts'
import { openHashTable } from '../repository/hash-table.ts'
import { type ByteString, shown } from './byte-string.ts'
import { hashBytes, shortHash } from './short-hash.ts'
import type { TarEntry } from './tar-entry.ts'
import type { TarListener } from './tar-reader.ts'
import { inVolume, parentOf, volumeRoot } from './volume-path.ts'

const folder = 1
const symlink = 2

/**
 * Refuses with `restore-unsafe` what would be written elsewhere than into the volume: names that are absolute, climb or lie outside; hard
 * links to such; whatever goes through a symlink of the same tar, or takes the place of one; a symlink in a folder's place. Where a symlink
 * points is data and passes. It remembers folders and symlinks, about 40 bytes each, however long their names are.
 */
export function tarGuard(): TarListener {
  const places = openPlaces()
  let safeFolder: ByteString | undefined

  /** All folders above the path: known as such from now on, so that one answer holds for all that the folder has. */
  function checkParents({ path: entry }: TarEntry, path: ByteString): void {
    const parent = parentOf(path)
    if (parent === safeFolder) return
    for (let above = parent; above !== undefined; above = parentOf(above)) {
      if (places.at(above) === symlink)
        throw unsafe(entry, `goes through "${shown(above)}", which the same tar makes a symlink`)
      places.set(above, folder)
    }
    safeFolder = parent
  }

  function checkPlace(entry: TarEntry): void {
    const { path, kind } = entry
    if (path === volumeRoot && kind !== 'folder') throw unsafe(path, 'takes the place of the volume itself')
    const before = places.at(path)
    if (before === symlink) throw unsafe(path, 'takes the place of a symlink of the same tar')
    if (isSymlink(entry)) {
      if (before === folder) throw unsafe(path, 'is a symlink in the place of a folder of the same tar')
      places.set(path, symlink)
    } else if (kind === 'folder') {
      places.set(path, folder)
    }
  }

  /** Another name of a symlink is one too. */
  const isSymlink = ({ kind, link }: TarEntry) =>
    kind === 'symlink' || (kind === 'hard link' && places.at(link) === symlink)

  return {
    entry(entry) {
      checkName(entry.path, entry.path)
      checkParents(entry, entry.path)
      if (entry.kind === 'hard link') {
        checkName(entry.path, entry.link)
        checkParents(entry, entry.link)
      }
      checkPlace(entry)
    },
    body() {},
    closed() {},
    trailer() {},
  }
}

function checkName(entry: ByteString, path: ByteString): void {
  if (inVolume(path) !== undefined) return
  const which = entry === path ? '' : `is a hard link to "${shown(path)}", which `
  if (path.startsWith('/')) throw unsafe(entry, `${which}has an absolute name`)
  if (path.split('/').includes('..')) throw unsafe(entry, `${which}climbs out of its folder`)
  throw unsafe(entry, `${which}is not plainly in volume/`)
}

function unsafe(path: ByteString, what: string): RespaldoError {
  return new RespaldoError('restore-unsafe', `The tar's entry "${shown(path)}" ${what}`, {
    hint: 'Nothing of this entry was written. No volume gives such a tar: find out who made it.',
  })
}

/** What stands at a path, 0 where that is not known, without the path itself. */
function openPlaces() {
  const paths = openHashTable(1024, hashBytes)
  const kinds = growingBytes()
  return {
    at(path: ByteString): number {
      const number = paths.find(shortHash(path))
      return number === -1 ? 0 : kinds.values()[number]!
    },
    set(path: ByteString, kind: number): void {
      const name = shortHash(path)
      const number = paths.find(name)
      if (number !== -1) {
        kinds.values()[number] = kind
      } else {
        paths.add(name)
        kinds.push(Uint8Array.of(kind))
      }
    },
  }
}
