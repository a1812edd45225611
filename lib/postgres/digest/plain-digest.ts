import { createHash, type Hash } from 'node:crypto'
import { plainWalker } from '../plain.ts'
import { openWindow } from '../sql-split.ts'
import { copiesFromInput, nameParts, type SqlStatement } from '../sql-statement.ts'
import { columnsOf } from './columns.ts'
import { openDefinitions, type Subject } from './definitions.ts'
import type { Digester, DumpDigest } from './digest.ts'
import type { Rows } from './row-sum.ts'
import { growingTables } from './tables.ts'

/** The line `\.` behind the rows of every table. */
const endLines = 1

/** Digests pg_dump's plain format as its walker reads it. Statements belong to what the comment before them announced. */
export function plainDigester(like?: DumpDigest): Digester {
  const definitions = openDefinitions()
  const tables = growingTables(like?.tables)
  const largeObjects = openLargeObjects()
  const window = openWindow()
  let subject: Subject = { desc: 'BEGINNING', tag: '', namespace: undefined }
  let rows: Rows | undefined
  let passed = 0
  let written = 0

  function read(statement: SqlStatement, end: number): void {
    const { words, start } = statement
    const name = nameOf(words)
    if (isInsert(words)) tables.inserted(name, window.bytes(start, end))
    else if (copiesFromInput(statement))
      rows = tables.copied(name, columnsOf(window.text(start, end)), endLines)
    else if (isOfLargeObject(words)) largeObjects.add(words[1]!, window.text(start, end))
    else if (!isSetting(words)) definitions.add(subject, window.text(start, end))
  }

  const walker = plainWalker({
    tap: {
      comment: text => {
        subject = announced(text) ?? subject
      },
      statement(statement, end) {
        read(statement, end)
        passed = end
      },
      copyPart(bytes, from, to) {
        rows?.add(bytes, from, to)
        passed = written + to
      },
    },
  })
  return {
    write(piece) {
      window.add(piece)
      walker.write(piece)
      written += piece.length
      window.forget(passed)
    },
    end: () => walker.end(),
    digest: () => ({
      tables: tables.all(),
      definitions: definitions.all(),
      largeObjects: largeObjects.all(),
    }),
  }
}

function nameOf(words: readonly string[]): string {
  const [name, schema = ''] = nameParts(words[words[0] === 'copy' ? 1 : 2] ?? '').reverse()
  return `${schema}.${name}`
}

const isInsert = (words: readonly string[]): boolean => words[0] === 'insert' && words[1] === 'into'

/** What only prepares the way for other statements. */
const isSetting = (words: readonly string[]): boolean =>
  words[0] === 'set' || words[1] === 'pg_catalog.set_config' || ['begin', 'commit'].includes(words[0] ?? '')

const isOfLargeObject = (words: readonly string[]): boolean =>
  words[0] === 'select' && /^pg_catalog\.(?:lo_open|lowrite|lo_close)$/.test(words[1] ?? '')

/** `-- Name: orders; Type: TABLE; Schema: public; Owner: shop`. */
function announced(comment: string): Subject | undefined {
  const [, tag, desc, schema] =
    /^(?:Data for )?Name: (.*); Type: (.*); Schema: (.*); Owner: /.exec(comment) ?? []
  return tag === undefined ? undefined : { tag, desc: desc!, namespace: schema === '-' ? undefined : schema }
}

/** The content of large objects comes as calls, one object after the other. */
function openLargeObjects() {
  const found = new Map<number, Hash>()
  let current: Hash | undefined
  return {
    add(call: string, text: string): void {
      if (call === 'pg_catalog.lo_open') {
        current = createHash('sha256')
        found.set(Number(/\('(\d+)'/.exec(text)?.[1]), current)
      } else current?.update(text)
    },
    all: () => new Map([...found].map(([oid, hash]) => [oid, hash.copy().digest('hex')])),
  }
}
