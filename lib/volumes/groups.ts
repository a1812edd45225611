import type { TableCount } from '../postgres/database.ts'
import { type ByteString, shown } from './byte-string.ts'

interface Total {
  rows: number
  bytes: number
}

/** Totals by the names in the volume's root. */
export interface Groups {
  /** By the path from the root. */
  add(path: ByteString, bytes: number): void
  /** By name, in the order of its bytes; the root itself is `.`. What has no group of its own is `(others)`, the last. */
  all(): TableCount[]
}

const root = '.'

/** Of more names than `limit` the first ones by their bytes have a group, in whatever order they come, so that equal volumes have equal groups. */
export function openGroups(limit = 1000): Groups {
  const totals = new Map<string, Total>()
  const others: Total = { rows: 0, bytes: 0 }
  /** Names from here on have no group of their own. */
  let end: string | undefined

  function totalOf(name: string): Total {
    const known = totals.get(name)
    if (known) return known
    if (end !== undefined && name >= end) return others // as it would be dropped again
    totals.set(name, { rows: 0, bytes: 0 })
    if (totals.size > limit) dropLast()
    return totals.get(name) ?? others
  }

  function dropLast(): void {
    let last = ''
    for (const name of totals.keys()) if (name > last) last = name
    addTo(others, totals.get(last)!)
    totals.delete(last)
    end = last
  }

  return {
    add: (path, bytes) => addTo(totalOf(groupOf(path)), { rows: 1, bytes }),
    all: () => [
      ...[...totals.keys()].sort().map(name => tableOf(shown(name as ByteString), totals.get(name)!)),
      ...(others.rows > 0 ? [tableOf('(others)', others)] : []),
    ],
  }
}

const groupOf = (path: ByteString): string => (path === '' ? root : path.split('/', 1)[0]!)

const tableOf = (name: string, total: Total): TableCount => ({ schema: '', name, ...total })

function addTo(total: Total, { rows, bytes }: Total): void {
  total.rows += rows
  total.bytes += bytes
}
