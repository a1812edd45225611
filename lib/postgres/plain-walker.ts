import { RespaldoError } from '../errors.ts'
import type { Walker, WalkResult } from './archive.ts'
import { type PlainCounts, plainCounts } from './plain-counts.ts'
import { type OpenEnd, type SqlScanner, sqlScanner } from './sql-scanner.ts'

/** What the end of the SQL has to look like. */
export interface PlainWalkerOptions {
  /**
   * What SQL without pg_dump's first lines is: by default `data-corrupt`, as every dump has them; with `foreign` SQL of somebody, of
   * which nobody can say whether it is whole.
   */
  foreign?: boolean
}

const header = 'PostgreSQL database dump'
const trailer = 'PostgreSQL database dump complete'

/**
 * Walks pg_dump's plain format. Whole means: pg_dump's last comment was seen outside quotes and data, and nothing but comments, blanks and
 * `\unrestrict` follows. Rows are counted in COPY's text and in INSERTs with VALUES; tables without rows are known where pg_dump announced
 * their data. Rows are undefined for CSV and binary data and for INSERT … SELECT.
 */
export function plainWalker(options: PlainWalkerOptions = {}): Walker {
  const counts = plainCounts()
  const about: { serverVersion?: string; dumpVersion?: string } = {}
  let begun = false
  let ended = false
  let bytes = 0

  const scanner: SqlScanner = sqlScanner({
    comment(text) {
      readComment(text.trim())
    },
    statement(statement, end) {
      refuseBehindEnd(statement.line)
      counts.statement(statement, end)
    },
    copy: data => counts.copy(data),
    meta({ text, line }) {
      if (!/^\\(?:un)?restrict\b/.test(text)) refuseBehindEnd(line)
    },
    problem(reason, line) {
      throw damaged(line, `it cannot be read because of ${reason}`)
    },
  })

  function readComment(text: string): void {
    if (text === header) begun = true
    if (text === trailer) ended = true
    const [, what, version] = /^Dumped (from database|by pg_dump) version (.+)$/.exec(text) ?? []
    if (version && what === 'from database') about.serverVersion ??= version
    if (version && what === 'by pg_dump') about.dumpVersion ??= version
    counts.comment(text)
  }

  function refuseBehindEnd(line: number): void {
    if (ended) throw damaged(line, 'something follows the end of the dump')
  }

  function checkEnd(open: OpenEnd): void {
    if (bytes === 0)
      throw new RespaldoError('data-corrupt', 'The SQL is empty', {
        hint: 'The dump failed before it wrote anything.',
      })
    if (open) throw cut(bytes, `within ${open === 'COPY data' ? open : `a ${open}`}`)
    if (!ended && (begun || !options.foreign)) throw cut(bytes, 'without the last line of a dump')
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
    tables: counts.tables(),
    largeObjects: { count: counts.largeObjects(), bytes: undefined },
  }
}

function cut(offset: number, reason: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The SQL ends at byte ${offset} ${reason}`, {
    hint: 'The dump is not whole: use another one, or make it again.',
    context: { offset, reason },
  })
}

function damaged(line: number, reason: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The SQL is damaged at line ${line}: ${reason}`, {
    hint: 'Use another dump, or make it again with pg_dump.',
    context: { line, reason },
  })
}
