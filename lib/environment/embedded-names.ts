import { basename, dirname, join } from 'node:path'
import { compactTime } from '../clock.ts'

/** What stands beside a database's folder: folders of restores that are not done, folders that were kept, the note of a swap. */
export interface Names {
  parent: string
  /** The database's name: its folder's. */
  base: string
  live: string
  note: string
  side(stamp: string): string
  kept(stamp: string): string
}

const stampPattern = '(\\d{8}T\\d{6}Z)(?:-\\d+)?'

/** The names that restores use beside a live folder. */
export function namesOf(live: string): Names {
  const parent = dirname(live)
  const base = basename(live)
  return {
    parent,
    base,
    live,
    note: join(parent, `${base}_swapping.json`),
    side: stamp => join(parent, `${base}_restoring_${stamp}`),
    kept: stamp => join(parent, `${base}_before_${stamp}`),
  }
}

/** The time's stamp, with a number behind it when restores of one second would take each other's names. */
export function freeStamp(time: Date, names: Names, taken: readonly string[]): string {
  const stamp = compactTime(time)
  const isFree = (candidate: string) =>
    ![names.side(candidate), names.kept(candidate)].some(path => taken.includes(basename(path)))
  let candidate = stamp
  for (let number = 2; !isFree(candidate); number += 1) candidate = `${stamp}-${number}`
  return candidate
}

/** When a folder of that name was kept, in ISO 8601; undefined for any other name. */
export function keptAt(name: string, base: string): string | undefined {
  const [, stamp] = matchOf(name, base, 'before') ?? []
  return stamp?.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
}

/** Whether a restore that did not end left the folder. */
export const isSide = (name: string, base: string): boolean => matchOf(name, base, 'restoring') !== null

const matchOf = (name: string, base: string, word: string) =>
  name.startsWith(`${base}_${word}_`)
    ? new RegExp(`^${stampPattern}$`).exec(name.slice(base.length + word.length + 2))
    : null

/** Why a name cannot be that of a new database's folder, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) return 'is not the name of a folder'
  if (/\p{Cc}/u.test(name)) return 'contains control characters'
  if (Buffer.byteLength(name) > 200) return 'is longer than 200 bytes'
  if (/_(?:before|restoring)_\d{8}T|_swapping\.json$/.test(name))
    return 'is a name that Respaldo keeps for itself'
  return undefined
}
