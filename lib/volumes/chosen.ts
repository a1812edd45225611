import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { type ByteString, bytesOfText, shown } from './byte-string.ts'
import { openNearPaths } from './near-paths.ts'
import type { TarEntry } from './tar-entry.ts'
import { filteredTar } from './tar-filter.ts'
import { inVolume, isWithin } from './volume-path.ts'

/**
 * Of a volume's tar these files and folders, given by their paths from the volume's root, with all beneath them and with the folders that
 * they are in, so that those too have their owners and modes. Throws input-invalid for a path that the tar does not have, and where a
 * hard link was chosen without the file that it is another name of.
 */
export async function* only(bytes: Bytes, paths: readonly string[]): AsyncGenerator<Uint8Array, void, void> {
  const wanted = paths.map(path => bytesOfText(path.replace(/^\/+|\/+$/g, '')))
  const missing = new Set(wanted)
  const near = openNearPaths(wanted)
  const isChosen = (path: ByteString) => wanted.some(one => isWithin(path, one))
  yield* filteredTar(bytes, (entry, head) => {
    const path = inVolume(entry.path) ?? entry.path
    missing.delete(path)
    near.see(path)
    if (!isChosen(path)) return wanted.some(one => isWithin(one, path)) ? head : undefined
    if (entry.kind === 'hard link' && !isChosen(inVolume(entry.link) ?? entry.link)) throw linkOfOther(entry)
    return head
  })
  for (const path of missing) throw notThere(path, near.to(path))
}

function notThere(path: ByteString, near: readonly string[]): RespaldoError {
  const rule =
    'Paths begin at the root of the volume and are written exactly as they are there, without patterns.'
  return new RespaldoError('input-invalid', `The backup has no "${shown(path)}"`, {
    hint: near.length > 0 ? `It has ${near.map(one => `"${one}"`).join(', ')}. ${rule}` : rule,
    context: { near },
  })
}

function linkOfOther({ path, link }: TarEntry): RespaldoError {
  const target = shown(inVolume(link) ?? link)
  return new RespaldoError(
    'input-invalid',
    `"${shown(path)}" is another name of "${target}", which was not chosen`,
    {
      hint: `Choose "${target}" too: its content stands there.`,
    },
  )
}
