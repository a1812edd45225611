import { RespaldoError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { judgeCommand } from './plain-commands.ts'
import { clusterHeader, cutShort, refused, severalDatabases, within } from './plain-errors.ts'
import { openPassage } from './plain-passage.ts'
import { judge, type Verdict } from './plain-rules.ts'
import { type MetaCommand, type SqlStatement, sqlScanner } from './sql-scanner.ts'

/** What the guard lets pass, and whom it tells. */
export interface GuardOptions {
  /** Gets a warning for each kind of thing that was left out. */
  report?: Report
  /** Lets subscriptions pass. */
  subscriptions?: boolean
}

/** A statement that is left out or not judged yet is held; one that is longer is no statement of a dump. */
const mostHeld = 1024 * 1024

/**
 * Passes SQL on to psql, without what would lead it to another database or to the machine. What is left out leaves its line ends, so that
 * line numbers stay true; everything else passes as it is, to the byte. Throws input-invalid, with the line, for what cannot be left out
 * (see `judge` and `judgeCommand`), data-corrupt for SQL that ends within quotes, a comment or COPY's data. Nothing that is refused has
 * been passed on, nor anything behind it.
 */
export async function* guardPlain(
  bytes: AsyncIterable<Uint8Array>,
  options: GuardOptions = {},
): AsyncGenerator<Uint8Array> {
  const guard = openGuard(options)
  for await (const piece of bytes) yield* guard.write(piece)
  yield* guard.end()
}

interface Guard {
  write(piece: Uint8Array): Iterable<Uint8Array>
  end(): Iterable<Uint8Array>
}

function openGuard({ report = silent, subscriptions = false }: GuardOptions): Guard {
  const passage = openPassage()
  const warned = new Set<string>()
  let total = 0
  let verdict: Verdict | undefined
  let connected: string | undefined
  /** Whether something was done in a database that the file did not choose yet. */
  let touched = false

  const scanner = sqlScanner({
    mark: end => passage.cut(0, end),
    comment(text) {
      if (text.trim() === clusterHeader) throw severalDatabases()
    },
    word(statement) {
      verdict = decided(statement, judge(settledWords(statement), { subscriptions }))
      return verdict === undefined
    },
    statement(statement, end) {
      verdict ??= decided(statement, judge(statement.words, { subscriptions }))
      if (!verdict && statement.cut)
        throw refused(statement.line, 'a statement that is too long to be judged')
      if (verdict?.action === 'strip') passage.cut(statement.start, end)
      else touched ||= !isPreparation(statement)
      verdict = undefined
    },
    meta(command) {
      stripCommand(command)
      passage.cut(command.start, command.end)
    },
    problem(reason, line) {
      throw refused(line, reason)
    },
  })

  function decided({ line }: SqlStatement, found: Verdict | undefined): Verdict | undefined {
    if (found?.action === 'refuse') throw refused(line, `${found.what}: ${found.reason}`)
    if (found && found.what !== '')
      warn(line, found.what, `${found.action === 'strip' ? 'is left out' : 'passes'}: ${found.reason}`)
    return found
  }

  function warn(line: number, what: string, message: string): void {
    if (warned.has(what)) return
    warned.add(what)
    report({ type: 'warning', message: `Line ${line}: ${what} ${message}` })
  }

  function stripCommand(command: MetaCommand): void {
    const found = judgeCommand(command)
    if (found.refusal) throw refused(command.line, found.refusal)
    if (found.connect === undefined) return
    if (touched || (connected ?? found.connect) !== found.connect) throw severalDatabases(command.line)
    connected = found.connect
    warn(command.line, '\\connect', 'is left out: the SQL is restored into the database that was asked for')
  }

  /** Up to where everything is judged. */
  function judged(): number {
    const statement = verdict?.action === 'pass' ? undefined : scanner.begun()
    return Math.min(statement ?? total, scanner.commandBegun() ?? total)
  }

  return {
    write(piece) {
      refuseNul(piece, total)
      total += piece.length
      passage.add(piece)
      scanner.write(piece)
      if (total - judged() > mostHeld)
        throw refused(undefined, `a statement of more than ${mostHeld} bytes that cannot be judged`)
      return passage.upTo(judged())
    },
    end() {
      const open = scanner.end()
      if (open) throw cutShort(total, within(open))
      return passage.upTo(total)
    },
  }
}

/** The last word may go on with a dot and another one. */
function settledWords({ words }: SqlStatement): readonly string[] {
  return words.at(-1) === '()' ? words : words.slice(0, -1)
}

/** What a dump says before it connects to its database. */
function isPreparation({ words }: SqlStatement): boolean {
  return words[0] === 'set' || (words[0] === 'select' && words[1] === 'pg_catalog.set_config')
}

/** psql takes a line only up to a NUL, so that what it runs would not be what was judged. */
function refuseNul(piece: Uint8Array, before: number): void {
  const at = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).indexOf(0)
  if (at === -1) return
  throw new RespaldoError('input-invalid', `The SQL has a NUL at byte ${before + at}`, {
    hint: 'It is not plain SQL in UTF-8; give a file that pg_dump wrote.',
  })
}
