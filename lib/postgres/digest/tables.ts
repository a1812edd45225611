import { orderOf, reordered } from './columns.ts'
import type { TableDigest } from './digest.ts'
import { type RowSum, type Rows, rowSum } from './row-sum.ts'

/** Digests of tables that grow, by `schema.name`. */
export interface GrowingTables {
  /** Where the lines of a COPY go, of which the last `endLines` are no rows. */
  copied(name: string, columns: readonly string[], endLines: number): Rows
  /** Adds a row as the statement that inserts it. */
  inserted(name: string, statement: Uint8Array): void
  all(): ReadonlyMap<string, TableDigest>
}

interface Growing {
  columns: readonly string[]
  sum: RowSum
  endLines: number
}

/** No text of PostgreSQL's holds it, so it can end a statement of any content. */
const endOfStatement = Uint8Array.of(0)

/** Begins empty; columns are taken in the order that they have in `like`. */
export function growingTables(like: ReadonlyMap<string, TableDigest> | undefined): GrowingTables {
  const tables = new Map<string, Growing>()
  return {
    copied(name, found, endLines) {
      const wanted = like?.get(name)?.columns ?? found
      const places = orderOf(wanted, found)
      const sum = rowSum()
      tables.set(name, { columns: places ? wanted : found, sum, endLines })
      return places ? reordered(sum, places) : sum
    },
    inserted(name, statement) {
      const table = tables.get(name) ?? { columns: [], sum: rowSum(endOfStatement[0]), endLines: 0 }
      tables.set(name, table)
      table.sum.add(statement, 0, statement.length)
      table.sum.add(endOfStatement, 0, 1)
    },
    all: () => new Map([...tables].map(([name, table]) => [name, digestOf(table)])),
  }
}

const digestOf = ({ columns, sum, endLines }: Growing): TableDigest => ({
  rows: sum.lines() - endLines,
  sum: sum.value(),
  columns,
})
