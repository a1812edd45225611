import { humanBytes } from '#lib/bytes'
import { table } from './render-table.ts'

interface Place {
  source: string
  id: string
}

interface Kept extends Place {
  reasons: string[]
  expired: boolean
}

interface Retained {
  dryRun: boolean
  keep: Kept[]
  remove: (Place & { reasons: string[] })[]
  emptied: Place[]
  spared: Place[]
  leftAlone: { source: string; error: { message: string } }[]
}

/** The results of the functions that remove, keep and bring back, for people. */
export function retention(name: string, result: unknown): string {
  switch (name) {
    case 'remove':
      return removed(result as Parameters<typeof removed>[0])
    case 'undo':
      return broughtBack(result as Parameters<typeof broughtBack>[0])
    case 'pin':
      return pinned(result as Parameters<typeof pinned>[0])
    case 'accept':
      return accepted(result as Place)
    default:
      return retained(result as Retained)
  }
}

function removed(result: { removed: string } | { source: string; forgotten: string[] }): string {
  if ('removed' in result) return `Removed ${result.removed}\n`
  const lines = result.forgotten.map(id => `Removed ${result.source}/${id}\n`)
  return `${lines.join('')}  ${bringBack}\n`
}

const bringBack = 'The trash keeps what was removed for 24 hours (bring it back: respaldo undo ID)'

const broughtBack = ({ source, broughtBack }: { source: string; broughtBack: string[] }): string =>
  `${broughtBack.map(id => `Brought back ${source}/${id}\n`).join('')}  Pin what retention is not to remove again: respaldo pin ID\n`

const pinned = ({ source, id, pinned }: Place & { pinned: boolean }): string =>
  pinned ? `Pinned ${source}/${id}: it stays until it is unpinned\n` : `Unpinned ${source}/${id}\n`

const accepted = ({ source, id }: Place): string =>
  `Accepted that rows or bytes fell after ${source}/${id}: it may be removed as any other\n`

/** A line for every backup, and the sums below. */
function retained({ dryRun, keep, remove, emptied, spared, leftAlone }: Retained): string {
  const line = (what: string, { source, id }: Place, why: string) => [what, `${source}/${id}`, why]
  const rows = [
    ...keep.map(one => line(one.expired ? 'expired' : 'keep', one, one.reasons.join('; '))),
    ...remove.map(one => line('remove', one, one.reasons.join('; '))),
    ...emptied.map(one => line('delete', one, 'out of the trash, for good')),
    ...spared.map(one => line('spare', one, 'in the trash, and being read')),
  ]
  const isEmptied = ({ source, id }: Place) => emptied.some(one => one.source === source && one.id === id)
  const sums = [
    `${keep.length} kept`,
    dryRun ? `${remove.length} would go to the trash` : `${remove.length} went to the trash`,
    `${emptied.length} ${dryRun ? 'would be deleted' : 'deleted'} for good`,
  ]
  return [
    ...(rows.length > 0 ? [table([['', 'BACKUP', 'WHY'], ...rows])] : []),
    ...leftAlone.map(({ source, error }) => `left alone: ${source}: ${error.message}\n`),
    `${sums.join(', ')}\n`,
    ...(remove.some(one => !isEmptied(one)) && !dryRun ? [`${bringBack}\n`] : []),
  ].join('')
}

interface Trash {
  trash: (Place & { type: string; forgotten: string; why: string; sizes: { new: number } })[]
  damaged?: (Place & { message: string })[]
}

/** What lies in the trash. */
export function trashed({ trash, damaged = [] }: Trash): string {
  const head = ['ID', 'SOURCE', 'TYPE', 'SIZE', 'FORGOTTEN', 'WHY']
  const rows = trash.map(({ id, source, type, forgotten, why, sizes }) => [
    id,
    source,
    type,
    humanBytes(sizes.new),
    forgotten,
    why,
  ])
  const broken = damaged.map(({ source, id, message }) => `damaged: ${source}/${id}: ${message}\n`)
  if (rows.length === 0 && broken.length === 0) return 'The trash is empty.\n'
  return [table([head, ...rows]), ...broken].join('')
}
