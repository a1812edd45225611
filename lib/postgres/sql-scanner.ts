import { countNewlines } from './archive-newlines.ts'
import { type OpenEnd, sqlLexer } from './sql-lexer.ts'
import {
  addGroup,
  addSymbol,
  addWord,
  beginStatement,
  copiesFromInput,
  type GrowingStatement,
  type SqlStatement,
  settingOf,
} from './sql-statement.ts'

export type { OpenEnd } from './sql-lexer.ts'
export type { SqlStatement } from './sql-statement.ts'

/** A psql command: from its backslash to the end of its line. */
export interface MetaCommand {
  /** With its backslash; its first 1,000 bytes, without the end of the line. It may hold a password. */
  readonly text: string
  readonly line: number
  /** Of its backslash, and of the end of its line. */
  readonly start: number
  readonly end: number
  /** Whether a statement was begun before it and not ended. */
  readonly inStatement: boolean
}

/** Data that psql reads for a COPY. */
export interface CopyData {
  readonly statement: SqlStatement
  /** Lines before `\.`, whatever they hold. */
  readonly lines: number
  /** Of these lines and `\.`. */
  readonly bytes: number
  /** The offset behind them. */
  readonly end: number
}

/** Hears of what is in the SQL, in its order. What a listener throws ends the scan. */
export interface SqlListener {
  /** A statement has one more word. Answers whether it is to be asked again at its next one. */
  word?(statement: SqlStatement): boolean
  /** A statement ended; `end` is the offset behind its semicolon, or that of the end of the SQL. */
  statement?(statement: SqlStatement, end: number): void
  copy?(data: CopyData): void
  /** A part of the data that psql reads for the last statement, with the line `\.`, cut anywhere; nothing of it may be kept. */
  copyPart?(bytes: Uint8Array, from: number, to: number): void
  meta?(command: MetaCommand): void
  /** A byte order mark, which psql leaves out, ends at `end`. */
  mark?(end: number): void
  /** A comment `--`, its first 1,000 bytes without the dashes. */
  comment?(text: string): void
  /** What psql reads in a way that this scanner cannot follow. It has to throw. */
  problem(reason: string, line: number): never
}

/** Fed with the SQL in order; tells its listener as soon as something is whole. */
export interface SqlScanner {
  /** Takes the SQL in any pieces and keeps none of them. */
  write(piece: Uint8Array): void
  /** Ends the last statement, comment or command, which need no end of their own, and says what else was left open. */
  end(): OpenEnd
  /** The offset of a statement that has begun and not ended. */
  begun(): number | undefined
  /** The offset of a psql command, or of a byte order mark, that has begun and not ended. */
  commandBegun(): number | undefined
}

/** Tells the statements, COPY data and psql commands of SQL, in flat memory. Whether a statement is valid is not its business. */
export function sqlScanner(listener: SqlListener): SqlScanner {
  let base = 0
  let current: Buffer = Buffer.alloc(0)
  let line = 1
  let linesCountedTo = 0
  let statement: GrowingStatement | undefined
  let watched = false
  let depth = 0
  let standard = true
  /** psql looks at the setting only when it begins a line. */
  let changed: { standard: boolean; line: number } | undefined
  let copying: { statement: SqlStatement; start: number; line: number } | undefined

  const lexer = sqlLexer({
    begun(at) {
      if (!statement) begin(at)
    },
    word(text) {
      if (depth === 0) grow(addWord, text)
    },
    symbol(character) {
      if (depth === 0) grow(addSymbol, character)
    },
    opened() {
      if (depth === 0) grow(addGroup, '')
      depth += 1
      lexer.keepWords = false
    },
    closed() {
      if (depth === 0) grow(addSymbol, ')')
      else depth -= 1
      lexer.keepWords = depth === 0
    },
    semicolon(end) {
      if (statement && depth === 0 && statement.begins === 0) endStatement(statement, end)
    },
    isStandard(at) {
      if (changed && lineOf(at) > changed.line) standard = changed.standard
      return standard
    },
    mark: end => listener.mark?.(end),
    comment: text => listener.comment?.(text),
    meta(text, start, end) {
      listener.meta?.({
        text,
        line: lineOf(start),
        start,
        end,
        inStatement: statement !== undefined,
      })
    },
    copyBegun(at) {
      if (copying) copying = { ...copying, start: at, line: lineOf(at) }
    },
    copyPart: (piece, from, to) => listener.copyPart?.(piece, from, to),
    copyEnded(end) {
      if (!copying) return
      const { statement: copied, start, line: first } = copying
      copying = undefined
      listener.copy?.({ statement: copied, lines: lineOf(end) - 1 - first, bytes: end - start, end })
    },
    problem: reason => listener.problem(reason, lineOf(base)),
  })

  /** Newlines are counted when somebody asks, over everything since the last time. Offsets only grow. */
  function lineOf(offset: number): number {
    const to = Math.max(offset - base, linesCountedTo)
    line += countNewlines(current, linesCountedTo, to)
    linesCountedTo = to
    return line
  }

  function begin(at: number): void {
    statement = beginStatement(at, lineOf(at))
    watched = listener.word !== undefined
  }

  function grow(add: (statement: GrowingStatement, text: string) => void, text: string): void {
    if (!statement) return
    add(statement, text)
    lexer.keepTexts = statement.words[0] === 'set'
    if (watched) watched = listener.word?.(statement) ?? false
  }

  function endStatement(ended: SqlStatement, end: number): void {
    statement = undefined
    depth = 0
    lexer.keepWords = true
    lexer.keepTexts = false
    listener.statement?.(ended, end)
    if (ended.words[0] === 'set') applySetting(ended, end)
    if (!copiesFromInput(ended)) return
    copying = { statement: ended, start: end, line }
    lexer.expectCopyData()
  }

  function applySetting(ended: SqlStatement, end: number): void {
    const texts = settingOf(ended, 'standard_conforming_strings')?.[0]
    if (texts !== undefined)
      changed = { standard: !['off', 'false', 'no', '0'].includes(texts), line: lineOf(end) }
    const encoding = settingOf(ended, 'client_encoding')?.[0]
    if (encoding !== undefined && isAmbiguous(encoding))
      listener.problem(`the encoding ${encoding}`, lineOf(end))
  }

  return {
    write(piece) {
      current = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
      linesCountedTo = 0
      lexer.write(current)
      lineOf(base + current.length)
      base += current.length
      current = Buffer.alloc(0)
      linesCountedTo = 0
    },
    end() {
      const open = lexer.end()
      if (statement) endStatement(statement, base)
      return copying ? 'COPY data' : open
    },
    begun: () => statement?.start,
    commandBegun: () => lexer.held(),
  }
}

/** Encodings in which a byte of a longer character may look like a quote or a backslash. Only clients have them. */
function isAmbiguous(encoding: string): boolean {
  const names = /^(?:big5|win(?:dows)?9(?:32|36|49|50)|gb18030|gbk|johab|sjis|mskanji|shiftjis(?:2004)?|uhc)$/
  return names.test(encoding.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
}
