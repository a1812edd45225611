import type { TableCount } from './database.ts'
import type { CopyData, SqlStatement } from './sql-scanner.ts'
import { copiesText, nameParts, settingOf } from './sql-statement.ts'

/** Adds up what a plain dump has of each table. */
export interface PlainCounts {
  comment(text: string): void
  /** `end` is the offset behind the statement. */
  statement(statement: SqlStatement, end: number): void
  copy(data: CopyData): void
  /** In the order in which they were first named. */
  tables(): TableCount[]
  /** How many were made by `lo_create`, which pg_dump writes for each. */
  largeObjects(): number
}

type Growing = { -readonly [K in keyof TableCount]: TableCount[K] }

/** Begins with no table; a table is kept once, whatever number of statements fill it. */
export function plainCounts(): PlainCounts {
  const tables = new Map<string, Growing>()
  /** Exact names by how a comment of pg_dump writes them. */
  const created = new Map<string, { schema: string; name: string }>()
  let announced: string | undefined
  let largeObjects = 0
  /** Dumps of before 10.3 set it and leave the schema out of the names. */
  let schema = 'public'

  function qualified(name: string): { schema: string; name: string } {
    const parts = nameParts(name)
    return { schema: parts.at(-2) ?? schema, name: parts.at(-1) ?? '' }
  }

  let last: { word: string; schema: string; table: { schema: string; name: string } } | undefined

  /** The same table comes a million times in a row. */
  function target(word: string): { schema: string; name: string } {
    if (last?.word !== word || last.schema !== schema) last = { word, schema, table: qualified(word) }
    return last.table
  }

  function add(table: { schema: string; name: string }, rows: number | undefined, bytes: number): void {
    const key = `${table.schema}\0${table.name}`
    const count = tables.get(key) ?? { ...table, rows: 0, bytes: 0 }
    tables.set(key, count)
    count.rows = count.rows === undefined || rows === undefined ? undefined : count.rows + rows
    count.bytes += bytes
    announced = undefined
  }

  /** A table without rows has no statement in a dump of INSERTs, only this comment. */
  function addAnnounced(): void {
    const table = announced === undefined ? undefined : (created.get(announced) ?? announcedTable(announced))
    if (table) add(table, 0, 0)
  }

  return {
    comment(text) {
      if (!/^(?:Data for )?Name: |^PostgreSQL database dump complete$/.test(text)) return
      addAnnounced()
      announced = announcement(text)
    },
    statement(statement, end) {
      const { words } = statement
      if (words[0] === 'insert' && words[1] === 'into')
        add(target(words[2] ?? ''), statement.rows, end - statement.start)
      else if (words[0] === 'select' && words[1] === 'pg_catalog.lo_create') largeObjects += 1
      else if (words[0] === 'set') schema = settingOf(statement, 'search_path')?.[0] || schema
      else if (words[0] === 'create') noteCreated(words)
    },
    copy({ statement, lines, bytes }) {
      const { words } = statement
      add(
        qualified(words[words[1] === 'binary' ? 2 : 1] ?? ''),
        copiesText(statement) ? lines : undefined,
        bytes,
      )
    },
    tables() {
      addAnnounced()
      return [...tables.values()]
    },
    largeObjects: () => largeObjects,
  }

  function noteCreated(words: readonly string[]): void {
    const at = words.indexOf('table')
    if (at !== 1 && at !== 2) return
    const table = qualified(words[at + 1] ?? '')
    created.set(inComment(table), table)
  }
}

const separator = '; Schema: '

/** `name; Schema: schema` out of `Data for Name: name; Type: TABLE DATA; Schema: schema; Owner: …`. */
function announcement(text: string): string | undefined {
  const [, name, schema] = /^Data for Name: (.*); Type: TABLE DATA; Schema: (.*); Owner: /.exec(text) ?? []
  return name === undefined ? undefined : `${name}${separator}${schema}`
}

function announcedTable(announced: string): { schema: string; name: string } {
  const at = announced.lastIndexOf(separator)
  return { name: announced.slice(0, at), schema: announced.slice(at + separator.length) }
}

/** As pg_dump writes a name where a line must not break. */
function inComment({ schema, name }: { schema: string; name: string }): string {
  return `${name}${separator}${schema}`.replaceAll(/[\r\n]/g, ' ')
}
