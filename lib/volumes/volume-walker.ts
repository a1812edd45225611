import type { TableCount } from '../postgres/database.ts'
import type { Walker } from '../walker.ts'
import { shown } from './byte-string.ts'
import { openGroups } from './groups.ts'
import type { TarEntry } from './tar-entry.ts'
import { foreignTar } from './tar-errors.ts'
import { severalListeners, type TarListener, tarReader } from './tar-reader.ts'
import { inVolume, volumeRoot } from './volume-path.ts'

/** What the tar of a volume held, told after its last byte. */
export interface VolumeWalk {
  /** A tar that is not whole is never a result but an error. */
  complete: true
  /** The root included. */
  entries: number
  /** Of the content of all files. */
  bytes: number
  /** Entries and bytes by the names in the volume's root, as a backup's tables. */
  tables: readonly TableCount[]
}

/** Walks the tar of one volume, as `volumeRoot` says it is, and tells the listeners first, so that they may refuse more. */
export function volumeWalker(...listeners: readonly TarListener[]): Walker<VolumeWalk> {
  const groups = openGroups()
  const total = { entries: 0, bytes: 0 }
  let hasRoot = false

  function count({ path, kind, size }: TarEntry): void {
    const within = inVolume(path)
    if (within === undefined) throw foreignTar(`"${shown(path)}", which is not in volume/`)
    hasRoot ||= path === volumeRoot && kind === 'folder'
    groups.add(within, size)
    total.entries += 1
    total.bytes += size
  }

  const reader = tarReader(
    severalListeners([...listeners, { entry: count, body() {}, closed() {}, trailer() {} }]),
  )
  return {
    write: reader.write,
    end() {
      reader.end()
      if (!hasRoot) throw foreignTar('no folder volume/')
      return { complete: true, ...total, tables: groups.all() }
    },
  }
}
