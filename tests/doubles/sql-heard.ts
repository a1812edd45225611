import { expect } from 'vitest'
import {
  type CopyData,
  type MetaCommand,
  type OpenEnd,
  type SqlStatement,
  sqlScanner,
} from '#lib/postgres/sql-scanner'
import { cutAt } from './archive-walk.ts'

/** What a scanner told, in its order. */
export interface Heard {
  statements: { text: string; words: string; line: number; rows: number | undefined }[]
  copies: { table: string | undefined; lines: number; bytes: number }[]
  commands: { text: string; line: number; inStatement: boolean }[]
  comments: string[]
  problems: string[]
  open: OpenEnd
}

/** What the scanner tells of this SQL, in pieces that end at these places. */
export function scan(sql: string, places: readonly number[] = []): Heard {
  const bytes = Buffer.from(sql)
  const heard: Heard = {
    statements: [],
    copies: [],
    commands: [],
    comments: [],
    problems: [],
    open: undefined,
  }
  const scanner = sqlScanner({
    statement: ({ start, words, line, rows }: SqlStatement, end: number) =>
      heard.statements.push({ text: bytes.toString('utf8', start, end), words: words.join(' '), line, rows }),
    copy: ({ statement, lines, bytes: size }: CopyData) =>
      heard.copies.push({ table: statement.words[1], lines, bytes: size }),
    meta: ({ text, line, inStatement, start, end }: MetaCommand) => {
      heard.commands.push({ text, line, inStatement })
      expect(bytes.toString('utf8', start, end).trimEnd()).toBe(text)
    },
    comment: text => heard.comments.push(text),
    problem(reason, line) {
      heard.problems.push(`${line}: ${reason}`)
      throw new Stopped()
    },
  })
  try {
    for (const piece of cutAt(bytes, places)) scanner.write(piece)
    heard.open = scanner.end()
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  return heard
}

/** Thrown by a listener that was told of a problem. */
export class Stopped extends Error {}
