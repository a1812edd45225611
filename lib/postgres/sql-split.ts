import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { type SqlStatement, sqlScanner } from './sql-scanner.ts'

/** One whole statement as text, with its first words as the scanner tells them. */
export interface SplitStatement {
  text: string
  words: readonly string[]
}

/** Cuts SQL into its statements, in order; no more than one of them, and one piece of the stream, is held. psql's commands are left out. */
export async function* splitStatements(sql: Bytes): AsyncGenerator<SplitStatement, void, void> {
  const found: { statement: SqlStatement; end: number }[] = []
  const scanner = sqlScanner({
    statement: (statement, end) => {
      found.push({ statement, end })
    },
    problem(reason, line) {
      throw new RespaldoError('input-invalid', `Line ${line} cannot be read: ${reason}`, {
        hint: 'Dump it again with pg_dump, in the custom format.',
      })
    },
  })
  const held = openWindow()
  const take = () =>
    found
      .splice(0)
      .map(({ statement, end }) => ({ text: held.text(statement.start, end), words: statement.words }))
  for await (const piece of sql) {
    held.add(piece)
    scanner.write(piece)
    yield* take()
    held.forget(scanner.begun())
  }
  scanner.end()
  yield* take()
}

/** The part of a stream that may still be asked for, by offsets from its beginning. */
export function openWindow() {
  let from = 0
  let bytes = Buffer.alloc(0)
  return {
    add(piece: Uint8Array) {
      bytes = bytes.length === 0 ? Buffer.from(piece) : Buffer.concat([bytes, piece])
    },
    text: (start: number, end: number): string => bytes.toString('utf8', start - from, end - from),
    /** A view, true until the next `add`. */
    bytes: (start: number, end: number): Uint8Array => bytes.subarray(start - from, end - from),
    /** Drops what lies before the offset; all of it when there is none. */
    forget(offset: number | undefined) {
      const keep = offset === undefined ? bytes.length : offset - from
      bytes = bytes.subarray(keep)
      from += keep
    },
  }
}
