/** One statement as far as it was read: where it is, and what its first words outside parentheses say. */
export interface SqlStatement {
  /** Of its first byte, from the beginning of the SQL. */
  readonly start: number
  /** From 1. */
  readonly line: number
  /**
   * Words outside parentheses: keywords and names in lower case, `"Quoted ""names"""` as they stand, qualified names as one word, `''` and
   * `$$` for texts (in SET, the text itself), `()` for whatever stands in parentheses, other characters one by one.
   */
  readonly words: readonly string[]
  /** Whether there were more words than are kept. */
  readonly cut: boolean
  /** Rows of `INSERT INTO t VALUES (…), (…)`; undefined for every other statement. */
  readonly rows: number | undefined
}

/** A statement that still grows. */
export interface GrowingStatement extends SqlStatement {
  readonly words: string[]
  cut: boolean
  rows: number | undefined
  /** The next word belongs to the last one, because there was a dot between. */
  glued: boolean
  inValues: boolean
  /** Initials of the first unquoted words, by which psql knows a function's body. */
  initials: string
  /** How many `BEGIN … END` of a function's body are open; a semicolon within ends no statement. */
  begins: number
}

const mostWords = 40

/** A statement of which only the beginning is known. */
export function beginStatement(start: number, line: number): GrowingStatement {
  return {
    start,
    line,
    words: [],
    cut: false,
    rows: undefined,
    glued: false,
    inValues: false,
    initials: '',
    begins: 0,
  }
}

/** Takes the next keyword, name or number outside parentheses. Quoted names are no keywords. */
export function addWord(statement: GrowingStatement, word: string): void {
  statement.inValues = false
  countBegins(statement, word)
  if (statement.glued) {
    statement.glued = false
    statement.words[statement.words.length - 1] += word
    return
  }
  push(statement, word)
  if (word === 'values' && endsInsertTarget(statement.words)) beginValues(statement)
}

/** Takes a character that is no part of a word, outside parentheses. */
export function addSymbol(statement: GrowingStatement, symbol: string): void {
  if (statement.inValues) return
  statement.glued = false
  if (symbol === '.' && statement.words.length > 0 && !statement.cut) {
    statement.glued = true
    statement.words[statement.words.length - 1] += '.'
  } else push(statement, symbol)
}

/** Takes a pair of parentheses, at its opening one. */
export function addGroup(statement: GrowingStatement): void {
  statement.glued = false
  if (!statement.inValues) push(statement, '()')
  else if (statement.rows !== undefined) statement.rows += 1
}

function push(statement: GrowingStatement, word: string): void {
  if (statement.words.length < mostWords) statement.words.push(word)
  else statement.cut = true
}

/** psql's own rule for `BEGIN ATOMIC`: only in CREATE [OR REPLACE] FUNCTION or PROCEDURE, where CASE has an END too. */
function countBegins(statement: GrowingStatement, word: string): void {
  if (statement.initials.length < 4 && isName(word)) statement.initials += initials.get(word) ?? '-'
  if (word !== 'begin' && word !== 'end' && word !== 'case') return
  if (!/^c(?:or)?[fp]/.test(statement.initials)) return
  if (word === 'end') statement.begins = Math.max(0, statement.begins - 1)
  else if (word === 'begin' || statement.begins > 0) statement.begins += 1
}

const initials = new Map([
  ['create', 'c'],
  ['or', 'o'],
  ['replace', 'r'],
  ['function', 'f'],
  ['procedure', 'p'],
])

function isName(word: string): boolean {
  const first = word.charCodeAt(0)
  return first >= 0x80 || (first >= 0x61 && first <= 0x7a) || first === 0x5f
}

/** Whether `values` at the end is the one of `INSERT INTO t [AS x] [(…)] [OVERRIDING … VALUE] [DEFAULT] VALUES`. */
function endsInsertTarget(words: readonly string[]): boolean {
  if (words[0] !== 'insert' || words[1] !== 'into') return false
  let at = 3
  if (words[at] === 'as') at += 2
  if (words[at] === '()') at += 1
  if (words[at] === 'overriding') at += 3
  if (words[at] === 'default') at += 1
  return at === words.length - 1
}

function beginValues(statement: GrowingStatement): void {
  const byDefault = statement.words.at(-2) === 'default'
  statement.rows = byDefault ? 1 : 0
  statement.inValues = !byDefault
}

/** Whether psql reads data for it from the lines that follow: `COPY t [(…)] FROM STDIN …`. */
export function copiesFromInput({ words }: SqlStatement): boolean {
  const from = words.indexOf('from')
  return words[0] === 'copy' && words[1] !== '()' && from > 1 && words[from + 1] === 'stdin'
}

/** Whether these data are in the text format, of which each line is a row. */
export function copiesText({ words }: SqlStatement): boolean {
  return words.at(-1) === 'stdin' && words[1] !== 'binary'
}

/** `SET [SESSION|LOCAL] <name> = <values>`: its values, without quotes, or undefined for any other statement. */
export function settingOf({ words }: SqlStatement, name: string): string[] | undefined {
  const at = words[1] === 'session' || words[1] === 'local' ? 2 : 1
  if (words[0] !== 'set' || words[at] !== name || (words[at + 1] !== '=' && words[at + 1] !== 'to'))
    return undefined
  return words
    .slice(at + 2)
    .filter(word => word !== ',')
    .map(unquoted)
}

/** A name as PostgreSQL keeps it: without its quotes. */
export function unquoted(word: string): string {
  const quote = word[0]
  if (quote !== '"' && quote !== "'") return word
  return word.slice(1, -1).replaceAll(quote + quote, quote)
}

/** The parts of a qualified name, without their quotes: `public."a.b"` has two. */
export function nameParts(word: string): string[] {
  return (word.match(/"(?:[^"]|"")*"|[^."]+/gs) ?? []).map(unquoted)
}
