import type { Bytes } from '../bytes.ts'
import { type ByteString, shown } from './byte-string.ts'
import { readHead, type TarEntry } from './tar-entry.ts'
import { foreignTar } from './tar-errors.ts'
import { filteredTar } from './tar-filter.ts'
import { extension, fitsHeader, named } from './tar-head-writer.ts'
import { blockBytes } from './tar-header.ts'
import { paxRecords } from './tar-records.ts'
import { isWithin, volumeRoot } from './volume-path.ts'

/**
 * The tar of a folder of any name, such as `tar -C /data -c .` makes, as that of a volume: its first entry is the folder, which becomes
 * `volume/`. Only names change; long ones stand in GNU's extended headers, as there is no tar that cannot read those.
 */
export function renamedRoot(bytes: Bytes): Bytes {
  let root: ByteString | undefined
  return filteredTar(bytes, (entry, head) => {
    root ??= rootOf(entry)
    return root === volumeRoot ? head : headWithNames(head, namesIn(entry, root))
  })
}

interface Names {
  path: ByteString
  link: ByteString
}

function rootOf({ path, kind }: TarEntry): ByteString {
  if (kind === 'folder') return path
  throw foreignTar(`"${shown(path)}" in front of the folder that it is the tar of`)
}

function namesIn({ path, kind, link }: TarEntry, root: ByteString): Names {
  const slash = kind === 'folder' ? '/' : ''
  return {
    path: `${moved(path, root)}${slash}` as ByteString,
    link: kind === 'hard link' ? moved(link, root) : link,
  }
}

function moved(path: ByteString, root: ByteString): ByteString {
  if (isWithin(path, root)) return `${volumeRoot}${path.slice(root.length)}` as ByteString
  throw foreignTar(`"${shown(path)}", which is not in "${shown(root)}"`)
}

function headWithNames(head: Uint8Array, { path, link }: Names): Uint8Array {
  const { records } = readHead({ bytes: head, offset: 0, at: 0 })
  const others = [...records].filter(([key]) => key !== 'path' && key !== 'linkpath')
  return Buffer.concat([
    ...(others.length > 0 ? extension('x', paxRecords(others)) : []),
    ...(fitsHeader(path) ? [] : extension('L', `${path}\0` as ByteString)),
    ...(fitsHeader(link) ? [] : extension('K', `${link}\0` as ByteString)),
    named(head.subarray(-blockBytes), path, link),
  ])
}
