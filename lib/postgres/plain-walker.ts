import { RespaldoError } from '../errors.ts'
import type { Walker } from '../walker.ts'
import type { WalkResult } from './archive.ts'
import { type PlainCounts, plainCounts } from './plain-counts.ts'
import { clusterHeader, cutShort, damagedSql, severalDatabases, within } from './plain-errors.ts'
import { type OpenEnd, type SqlListener, type SqlScanner, sqlScanner } from './sql-scanner.ts'

/** What the end of the SQL has to look like. */
export interface PlainWalkerOptions {
  /**
   * What SQL without pg_dump's first lines is: by default `data-corrupt`, as every dump has them; with `foreign` SQL of somebody, of
   * which nobody can say whether it is whole.
   */
  foreign?: boolean
  tap?: PlainTap
}

/** Who wants a plain dump's own content while it is walked. What it throws ends the walk. */
export type PlainTap = Required<Pick<SqlListener, 'comment' | 'statement' | 'copyPart'>>

const header = 'PostgreSQL database dump'
const trailer = 'PostgreSQL database dump complete'

/**
 * Walks pg_dump's plain format. Whole means: pg_dump's last comment was seen outside quotes and data, every `\restrict` was taken back, and
 * nothing but comments and blanks follows. Rows are counted in COPY's text and in INSERTs with VALUES; tables without rows are known where
 * pg_dump announced their data. Rows are undefined for CSV and binary data, for INSERT … SELECT, and in foreign SQL, which may also delete.
 */
export function plainWalker(options: PlainWalkerOptions = {}): Walker<WalkResult> {
  const { tap } = options
  const counts = plainCounts()
  const about: { serverVersion?: string; dumpVersion?: string } = {}
  let begun = false
  let marked = false
  /** The mark is a line of a comment that has one more, empty line. */
  let ended = false
  /** The key of a `\restrict`: one that is cut takes nothing back. */
  let restrictedBy: string | undefined
  let bytes = 0

  const scanner: SqlScanner = sqlScanner({
    comment(text) {
      readComment(text.trim())
      tap?.comment(text.trim())
    },
    statement(statement, end) {
      refuseBehindEnd(statement.line)
      counts.statement(statement, end)
      tap?.statement(statement, end)
    },
    copy: data => counts.copy(data),
    copyPart: (bytes, from, to) => tap?.copyPart(bytes, from, to),
    meta({ text, line }) {
      const [command, key = ''] = text.split(/\s+/)
      if (command !== '\\unrestrict') refuseBehindEnd(line)
      if (command === '\\restrict') restrictedBy = key
      else if (command === '\\unrestrict' && key === restrictedBy) restrictedBy = undefined
    },
    problem(reason, line) {
      throw damagedSql(line, `it cannot be read because of ${reason}`)
    },
  })

  function readComment(text: string): void {
    if (text === clusterHeader) throw severalDatabases()
    if (text === header) begun = true
    if (marked && text === '') ended = true
    if (text === trailer) marked = true
    const [, what, version] = /^Dumped (from database|by pg_dump) version (.+)$/.exec(text) ?? []
    if (version && what === 'from database') about.serverVersion ??= version
    if (version && what === 'by pg_dump') about.dumpVersion ??= version
    counts.comment(text)
  }

  function refuseBehindEnd(line: number): void {
    if (marked) throw damagedSql(line, 'something follows the end of the dump')
  }

  function checkEnd(open: OpenEnd): void {
    if (bytes === 0)
      throw new RespaldoError('data-corrupt', 'The SQL is empty', {
        hint: 'The dump failed before it wrote anything.',
      })
    if (open) throw cutShort(bytes, within(open))
    if (restrictedBy !== undefined) throw cutShort(bytes, 'before \\unrestrict')
    if (!ended && (begun || !options.foreign)) throw cutShort(bytes, 'without the last line of a dump')
  }

  return {
    write(piece) {
      bytes += piece.length
      scanner.write(piece)
    },
    end() {
      checkEnd(scanner.end())
      return plainResult(ended, about, counts)
    },
  }
}

function plainResult(
  complete: boolean,
  about: { serverVersion?: string; dumpVersion?: string },
  counts: PlainCounts,
): WalkResult {
  return {
    format: 'plain',
    complete,
    version: 'plain',
    serverVersion: about.serverVersion,
    dumpVersion: about.dumpVersion,
    database: undefined,
    compression: 'none',
    entries: [],
    tables: complete ? counts.tables() : counts.tables().map(table => ({ ...table, rows: undefined })),
    largeObjects: { count: counts.largeObjects(), bytes: undefined },
  }
}
