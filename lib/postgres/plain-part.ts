import type { Bytes } from '../bytes.ts'
import type { Half } from './part.ts'
import { damagedSql } from './plain-errors.ts'
import { sqlScanner } from './sql-scanner.ts'
import { copiesFromInput } from './sql-statement.ts'

/**
 * One half of SQL that pg_dump wrote, as a dump of its own: its settings, its first and its last lines are in both. Statements stay as they
 * are, with the comments before them. Holds one statement at most.
 */
export async function* plainPart(sql: Bytes, half: Half): AsyncGenerator<Uint8Array, void, void> {
  const late = new Set<string>()
  const ends: { end: number; keep: boolean }[] = []
  let copying = false
  const scanner = sqlScanner({
    statement(statement, end) {
      const of = halfOf(statement.words, late)
      ends.push({ end, keep: of === undefined || of === half })
      copying = copiesFromInput(statement)
    },
    copy({ end }) {
      ends.push({ end, keep: half === 'content' })
      copying = false
    },
    problem(reason, line) {
      throw damagedSql(line, `it cannot be read because of ${reason}`)
    },
  })
  let held: Buffer = Buffer.alloc(0)
  let from = 0
  function* decided(): Generator<Uint8Array, void, void> {
    for (const { end, keep } of ends.splice(0)) {
      if (keep) yield held.subarray(0, end - from)
      held = held.subarray(end - from)
      from = end
    }
  }
  for await (const piece of sql) {
    held = Buffer.concat([held, piece])
    scanner.write(piece)
    if (copying) ends.push({ end: from + held.length, keep: half === 'content' })
    yield* decided()
  }
  scanner.end()
  yield* decided()
  yield held
}

/** Undefined for settings, which both halves need. `late` collects the names of constraints that are made after the rows. */
function halfOf(words: readonly string[], late: Set<string>): Half | undefined {
  const [first, second = ''] = words
  if (first === 'set' || second === 'pg_catalog.set_config') return undefined
  if (first === 'alter' && words.includes('check') && words.slice(-2).join(' ') === 'not valid')
    late.add(words[words.indexOf('constraint') + 1] ?? '')
  const isContent =
    ['insert', 'copy', 'refresh', 'begin', 'commit'].includes(first ?? '') ||
    (first === 'select' && /^pg_catalog\.(?:setval|lo_\w+|lowrite)$/.test(second)) ||
    words.some((word, at) => word === 'large' && words[at + 1] === 'object') ||
    words.some((word, at) => word === 'constraint' && late.has(words[at + 1] ?? ''))
  return isContent ? 'content' : 'definitions'
}
