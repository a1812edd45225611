import { nameParts } from '../sql-statement.ts'
import type { Rows } from './row-sum.ts'

const name = String.raw`(?:"(?:[^"]|"")*"|[^\s."(]+)`
const copy = new RegExp(String.raw`^COPY (?:${name}\.)?${name} \((.*)\) FROM stdin`, 's')

/** The columns of `COPY t (a, b) FROM stdin;`, in the order of its data; none when it does not name them. */
export function columnsOf(copyStatement: string): readonly string[] {
  const list = copy.exec(copyStatement)?.[1] ?? ''
  return (list.match(/"(?:[^"]|"")*"|[^,\s]+/g) ?? []).flatMap(nameParts)
}

/**
 * For each wanted column its place among those that there are; undefined when the order is the same, or when they are not the same columns.
 * A restored table has inherited columns in another place when they were added late.
 */
export function orderOf(wanted: readonly string[], found: readonly string[]): number[] | undefined {
  if (wanted.length !== found.length || wanted.every((column, at) => column === found[at])) return undefined
  const places = wanted.map(column => found.indexOf(column))
  return places.includes(-1) ? undefined : places
}

const tab = 0x09
const newline = 0x0a

/** Passes lines on with their fields in another order. Holds one line: tables that need this are few. */
export function reordered(rows: Rows, places: readonly number[]): Rows {
  let begun: Uint8Array[] = []
  const pass = (line: Uint8Array) => {
    const bytes = inOrder(line, places)
    rows.add(bytes, 0, bytes.length)
  }
  return {
    add(bytes, from, to) {
      let at = from
      for (let end = bytes.indexOf(newline, at); end !== -1 && end < to; end = bytes.indexOf(newline, at)) {
        pass(Buffer.concat([...begun, bytes.subarray(at, end + 1)]))
        begun = []
        at = end + 1
      }
      if (at < to) begun.push(Uint8Array.from(bytes.subarray(at, to))) // slice of a Buffer would be no copy
    },
  }
}

/** Tabs within values are escaped, so each tab parts two fields. The lines behind the rows have no fields and stay as they are. */
function inOrder(line: Uint8Array, places: readonly number[]): Uint8Array {
  const fields: Uint8Array[] = []
  let from = 0
  for (let at = line.indexOf(tab); at !== -1; at = line.indexOf(tab, from)) {
    fields.push(line.subarray(from, at))
    from = at + 1
  }
  fields.push(line.subarray(from, -1))
  if (fields.length !== places.length) return line
  const parted = places.flatMap((place, at) => [
    fields[place]!,
    Buffer.of(at === places.length - 1 ? newline : tab),
  ])
  return Buffer.concat(parted)
}
