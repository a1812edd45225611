import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { type ByteString, bytesOfText, shown } from './byte-string.ts'
import type { TarEntry } from './tar-entry.ts'
import { filteredTar } from './tar-filter.ts'
import { inVolume } from './volume-path.ts'

/** A pattern cut at `**`: runs of segments, each segment cut at `*`. */
type Pattern = readonly (readonly (readonly string[])[])[]

/**
 * Whether a path from the volume's root, or a folder that it is in, fits one of the patterns. They are a part of those of .gitignore:
 *
 * - `*` stands for anything within a name, `**` for any number of folders, also none; everything else stands for itself.
 * - A pattern with a slash, at its beginning or within, begins at the volume's root: `/tmp`, `cache/*`, `logs/**` (all in it, not the folder).
 * - One without is looked for in every folder: `*.tmp`, `node_modules`. A slash at the end says nothing.
 * - A folder that fits is left out with all beneath it. The root itself never fits.
 */
export function excludedBy(patterns: readonly string[]): (path: ByteString) => boolean {
  const parsed = patterns.map(parsePattern)
  return path => {
    if (path === '') return false
    const segments = path.split('/')
    return parsed.some(pattern => fitsBeginning(segments, pattern))
  }
}

/** The tar of a volume without what fits the patterns. Throws input-invalid where a hard link that stays needs a file that does not. */
export function excluding(bytes: Bytes, patterns: readonly string[]): Bytes {
  const excluded = excludedBy(patterns)
  const isOut = (path: ByteString) => excluded(inVolume(path) ?? path)
  return filteredTar(bytes, (entry, head) => {
    if (isOut(entry.path)) return undefined
    if (entry.kind === 'hard link' && isOut(entry.link)) throw linkOfExcluded(entry)
    return head
  })
}

function linkOfExcluded({ path, link }: TarEntry): RespaldoError {
  return new RespaldoError(
    'input-invalid',
    `"${shown(path)}" is another name of "${shown(link)}", which a pattern excludes`,
    { hint: 'Exclude both or none of them: the content stands under the name that is left out.' },
  )
}

function parsePattern(pattern: string): Pattern {
  const text = bytesOfText(pattern).replace(/\/+$/, '')
  const segments = text.split('/').filter(segment => segment !== '')
  if (segments.length === 0)
    throw new RespaldoError('input-invalid', `"${pattern}" excludes nothing, or everything`, {
      hint: 'A pattern is a name or a path from the root of the volume, such as *.tmp or cache/*.',
    })
  if (segments.at(-1) === '**') segments.splice(-1, 1, '**', '*') // what is within, not the folder
  if (!text.includes('/')) segments.unshift('**')
  const runs: string[][][] = [[]]
  for (const segment of segments)
    if (segment === '**') runs.push([])
    else runs.at(-1)!.push(segment.split(/\*+/))
  return runs
}

/** The first run begins at the root, each other one at the first place behind the one before: no later place would let more follow. */
function fitsBeginning(segments: readonly string[], [first = [], ...runs]: Pattern): boolean {
  if (!fitsAt(segments, 0, first)) return false
  let at = first.length
  for (const run of runs) {
    while (at <= segments.length && !fitsAt(segments, at, run)) at += 1
    if (at > segments.length) return false
    at += run.length
  }
  return true
}

function fitsAt(segments: readonly string[], at: number, run: Pattern[number]): boolean {
  return (
    at + run.length <= segments.length && run.every((parts, index) => fitsName(segments[at + index]!, parts))
  )
}

/** Each part between two `*` at the first place where it is: no search ever goes back. */
function fitsName(name: string, parts: readonly string[]): boolean {
  const first = parts[0]!
  if (parts.length === 1) return name === first
  const last = parts.at(-1)!
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}
