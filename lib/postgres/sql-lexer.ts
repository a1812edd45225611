import { decodeText } from './archive-cursor.ts'
import { kindOf, kinds } from './sql-bytes.ts'
import { copyEnd } from './sql-copy.ts'
import { wordReader } from './sql-words.ts'

/** Hears of tokens, in their order. Offsets count from the beginning of the SQL. */
export interface TokenListener {
  /** Before a token that belongs to a statement, with the offset of its first byte. */
  begun(at: number): void
  /** A keyword, name or number in lower case, a `"Quoted name"` as it stands, a text as `''` or `$$`. */
  word(text: string): void
  symbol(character: string): void
  opened(): void
  closed(): void
  /** `end` is the offset behind the semicolon. */
  semicolon(end: number): void
  /** A comment `--`, without the dashes, its first 1,000 bytes. */
  comment(text: string): void
  /** A psql command, with its backslash; `end` is the offset of the end of its line. */
  meta(text: string, start: number, end: number): void
  /** `standard_conforming_strings` for a text that begins at `at`: whether a backslash in `'…'` is only a backslash. */
  isStandard(at: number): boolean
  /** A byte order mark ends at `end`. It can only be the first there is. */
  mark(end: number): void
  /** The data that `expectCopyData` announced begin, and end behind the line `\.`. */
  copyBegun(at: number): void
  /** A part of these data, their last line too, cut anywhere. */
  copyPart(piece: Buffer, from: number, to: number): void
  copyEnded(end: number): void
  problem(reason: string): void
}

/** Where SQL ends when it ends too early. */
export type OpenEnd = 'text' | 'quoted name' | 'comment' | 'COPY data' | undefined

/** Fed with the SQL in order; tells its listener at once. */
export interface Lexer {
  /** Whether words, symbols and `begun` are wanted; texts, parentheses and semicolons are told in any case. */
  keepWords: boolean
  /** Whether what texts hold is wanted too: `'…'` instead of `''`. */
  keepTexts: boolean
  write(piece: Buffer): void
  /** Ends what needs no end of its own, and says what else was left open. */
  end(): OpenEnd
  /** The data of a COPY begin with the next line. */
  expectCopyData(): void
  /** The offset of a psql command, or of a byte order mark, that has begun and not ended. */
  held(): number | undefined
}

/** Reads from `at` on and answers where it stopped: behind what it used, or where it was when only the state changed. */
type Step = (piece: Buffer, at: number) => number

const code = (character: string): number => character.charCodeAt(0)
const newline = code('\n')
const carriageReturn = code('\r')
const quote = code("'")
const doubleQuote = code('"')
const dollar = code('$')
const star = code('*')
const slash = code('/')
const dash = code('-')
const backslash = code('\\')
const ampersand = code('&')
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf)
/** Longer words, comments and commands are cut; names have 63 bytes. */
const mostKept = 1000

/**
 * The lexer of psql (psqlscan.l) as far as it decides where quotes, comments and commands end, in pieces cut anywhere, in flat memory.
 * As psql it takes SQL line by line, so that a text in quotes is not continued by another one on the next line.
 */
export function sqlLexer(listener: TokenListener): Lexer {
  let step: Step = inMark
  /** Of the piece's first byte. */
  let base = 0
  const kept = Buffer.alloc(mostKept)
  let keptBytes = 0
  /** The letter before the next byte, when it was a word of its own, as in `E'…'`. */
  let prefix = ''
  /** The tag of a text in dollars, with both dollars, and how much of it was seen again. */
  let tag: Buffer = Buffer.alloc(0)
  let tagSeen = 0
  let commentDepth = 0
  /** Whether the word has a letter: then a dollar goes on with it, as not with a number. */
  let named = true
  let metaStart = 0
  let copyData: ReturnType<typeof copyEnd> | undefined

  const lexer: Lexer = {
    keepWords: true,
    keepTexts: false,
    write(piece) {
      let at = 0
      while (at < piece.length) at = step(piece, at)
      base += piece.length
    },
    end() {
      const open = openEnds.get(step)
      finish()
      return open
    },
    expectCopyData() {
      copyData = copyEnd()
      step = beforeCopy
    },
    held: () => (step === inMeta ? metaStart : step === inMark && keptBytes > 0 ? 0 : undefined),
  }

  const openEnds = new Map<Step, OpenEnd>([
    [inText, 'text'],
    [inEscapes, 'text'],
    [afterEscape, 'text'],
    [inDollars, 'text'],
    [inName, 'quoted name'],
    [inComment, 'comment'],
    [afterStar, 'comment'],
    [afterCommentSlash, 'comment'],
    [beforeCopy, 'COPY data'],
    [inCopy, 'COPY data'],
  ])

  /** Lets whatever waits for its next byte end without one. A newline is the end of everything that may end here. */
  function finish(): void {
    if (openEnds.has(step) || step === inMark) return
    if (step === inMeta) endMeta(base)
    else for (let tries = 0; tries < 2 && step !== inCode; tries++) step(endOfLine, 0)
  }

  function keep(piece: Buffer, from: number, to: number): void {
    keptBytes += piece.copy(kept, keptBytes, from, to)
  }

  const lowerCase = wordReader(text => text.toLowerCase())
  const asWritten = wordReader(text => text)

  function keptText(): string {
    return decodeText(kept.subarray(0, keptBytes))
  }

  function inMark(piece: Buffer, at: number): number {
    if (piece[at] === byteOrderMark[keptBytes]) {
      keep(piece, at, at + 1)
      if (keptBytes === byteOrderMark.length) endMark()
      return at + 1
    }
    step = inCode
    if (keptBytes > 0) listener.begun(0)
    if (keptBytes > 0) step = inWord
    return at
  }

  function endMark(): void {
    step = inCode
    listener.mark(byteOrderMark.length)
  }

  function inCode(piece: Buffer, at: number): number {
    const before = prefix
    prefix = ''
    const here = lexer.keepWords ? skipSpace(piece, at) : skipSymbols(piece, at)
    if (here === piece.length) return here
    const kind = kindOf[piece[here]!]
    if (kind === kinds.backslash) return openMeta(here)
    if (kind === kinds.dash) return begin(afterDash, here)
    if (kind === kinds.slash) return begin(afterSlash, here)
    if (kind === kinds.semicolon) {
      listener.semicolon(base + here + 1)
      return here + 1
    }
    if (lexer.keepWords) listener.begun(base + here)
    return openToken(kind, piece, here, here === at ? before : '')
  }

  function openToken(kind: number | undefined, piece: Buffer, at: number, before: string): number {
    keptBytes = 0
    switch (kind) {
      case kinds.letter:
      case kinds.digit:
        named = false
        step = inWord
        return at
      case kinds.quote:
        step = hasEscapes(before, at) ? inEscapes : inText
        return at + 1
      case kinds.doubleQuote:
        if (lexer.keepWords) keep(piece, at, at + 1)
        step = inName
        return at + 1
      case kinds.dollar:
        step = inTag
        return at + 1
      case kinds.open:
        listener.opened()
        return at + 1
      case kinds.close:
        listener.closed()
        return at + 1
      default:
        listener.symbol(String.fromCharCode(piece[at]!))
        if (before === 'u' && piece[at] === ampersand) prefix = '&'
        return at + 1
    }
  }

  function hasEscapes(before: string, at: number): boolean {
    if (before === 'b' || before === 'x' || before === '&') return false
    return before === 'e' || !listener.isStandard(base + at)
  }

  function inWord(piece: Buffer, at: number): number {
    // Two bytes are enough to know that it is no prefix of a text.
    const most = lexer.keepWords ? mostKept : 2
    let here = at
    for (; here < piece.length; here++) {
      const byte = piece[here]!
      const kind = kindOf[byte]
      if (kind === kinds.letter) named = true
      else if (kind !== kinds.digit && !(named && kind === kinds.dollar)) break
      if (keptBytes < most) kept[keptBytes++] = byte
    }
    if (here < piece.length) endWord(piece[here] === quote)
    return here
  }

  function endWord(beforeText: boolean): void {
    step = inCode
    prefix = keptBytes === 1 ? String.fromCharCode(kept[0]! | 0x20) : ''
    const isPrefix = beforeText && prefix !== '' && 'ebxn'.includes(prefix)
    if (lexer.keepWords && !isPrefix) listener.word(lowerCase(kept, keptBytes))
  }

  function inText(piece: Buffer, at: number): number {
    const end = findByte(piece, quote, at)
    if (lexer.keepTexts) keep(piece, at, end)
    return end === piece.length ? end : goOn(afterText, end)
  }

  /** A quote that is doubled belongs to the text. */
  function afterText(piece: Buffer, at: number): number {
    if (piece[at] !== quote) return closeText(at)
    if (lexer.keepTexts) keep(piece, at, at + 1)
    return goOn(inText, at)
  }

  function closeText(at: number): number {
    step = inCode
    listener.word(lexer.keepTexts ? `'${keptText()}'` : "''")
    return at
  }

  function inEscapes(piece: Buffer, at: number): number {
    for (let here = at; here < piece.length; here++) {
      const byte = piece[here]
      if (byte === quote) return begin(afterQuote, here)
      if (byte === backslash) return begin(afterEscape, here)
    }
    return piece.length
  }

  function afterEscape(_piece: Buffer, at: number): number {
    step = inEscapes
    return at + 1
  }

  function afterQuote(piece: Buffer, at: number): number {
    if (piece[at] !== quote) return closeText(at)
    step = inEscapes
    return at + 1
  }

  function inName(piece: Buffer, at: number): number {
    const end = findByte(piece, doubleQuote, at)
    if (lexer.keepWords) keep(piece, at, Math.min(end + 1, piece.length))
    return end === piece.length ? end : goOn(afterName, end)
  }

  function afterName(piece: Buffer, at: number): number {
    if (piece[at] === doubleQuote) {
      if (lexer.keepWords) keep(piece, at, at + 1)
      step = inName
      return at + 1
    }
    step = inCode
    if (lexer.keepWords) listener.word(asWritten(kept, keptBytes))
    return at
  }

  /** Behind a dollar: a tag ends with another one; what ends otherwise was a word. */
  function inTag(piece: Buffer, at: number): number {
    const byte = piece[at]!
    if (byte === dollar) return openDollars(at)
    const isTag = kindOf[byte] === kinds.letter || (kindOf[byte] === kinds.digit && keptBytes > 0)
    if (isTag && keptBytes === mostKept)
      listener.problem(`a dollar quote with a tag of more than ${mostKept} bytes`)
    if (isTag) {
      keep(piece, at, at + 1)
      return at + 1
    }
    listener.symbol('$')
    step = keptBytes > 0 ? inWord : inCode
    return at
  }

  function openDollars(at: number): number {
    tag = Buffer.concat([Buffer.of(dollar), kept.subarray(0, keptBytes), Buffer.of(dollar)])
    tagSeen = 0
    step = inDollars
    return at + 1
  }

  /** A dollar stands only at both ends of a tag, so that what does not go on with it can only begin it anew. */
  function inDollars(piece: Buffer, at: number): number {
    let here = at
    while (here < piece.length) {
      if (tagSeen === 0) here = findByte(piece, dollar, here)
      if (here === piece.length) break
      const byte = piece[here++]
      if (byte === tag[tagSeen]) tagSeen += 1
      else tagSeen = byte === dollar ? 1 : 0
      if (tagSeen < tag.length) continue
      step = inCode
      listener.word('$$')
      break
    }
    return here
  }

  function afterDash(piece: Buffer, at: number): number {
    if (piece[at] === dash) return begin(inLineComment, at)
    return notAComment('-', at)
  }

  function afterSlash(piece: Buffer, at: number): number {
    if (piece[at] !== star) return notAComment('/', at)
    commentDepth = 1
    return begin(inComment, at)
  }

  function notAComment(symbol: string, at: number): number {
    step = inCode
    listener.begun(base + at - 1)
    listener.symbol(symbol)
    return at
  }

  /** Ends at a carriage return too: that is SQL again for psql. */
  function inLineComment(piece: Buffer, at: number): number {
    let here = at
    while (here < piece.length && piece[here] !== newline && piece[here] !== carriageReturn) here++
    keep(piece, at, here)
    if (here === piece.length) return here
    step = copyData ? beforeCopy : inCode
    listener.comment(keptText())
    return here
  }

  function inComment(piece: Buffer, at: number): number {
    for (let here = at; here < piece.length; here++) {
      if (piece[here] === star) return begin(afterStar, here)
      if (piece[here] === slash) return begin(afterCommentSlash, here)
    }
    return piece.length
  }

  function afterStar(piece: Buffer, at: number): number {
    if (piece[at] === star) return at + 1
    step = inComment
    if (piece[at] !== slash) return at
    commentDepth -= 1
    if (commentDepth === 0) step = inCode
    return at + 1
  }

  function afterCommentSlash(piece: Buffer, at: number): number {
    if (piece[at] === slash) return at + 1
    step = inComment
    if (piece[at] !== star) return at
    commentDepth += 1
    return at + 1
  }

  function openMeta(at: number): number {
    metaStart = base + at
    return begin(inMeta, at - 1)
  }

  function inMeta(piece: Buffer, at: number): number {
    const end = findByte(piece, newline, at)
    keep(piece, at, end)
    if (end === piece.length) return end
    endMeta(base + end)
    return end
  }

  function endMeta(end: number): void {
    step = inCode
    listener.meta(keptText().trimEnd(), metaStart, end)
  }

  /** psql reads the data from the next line on, and comes back to the rest of this one afterwards: only a comment is the same then. */
  function beforeCopy(piece: Buffer, at: number): number {
    const byte = piece[at]!
    if (byte === newline) {
      step = inCopy
      listener.copyBegun(base + at + 1)
    } else if (byte === dash) {
      return begin(afterCopyDash, at)
    } else if (kindOf[byte] !== kinds.space) {
      listener.problem('something behind COPY … FROM stdin on the same line')
    }
    return at + 1
  }

  function afterCopyDash(piece: Buffer, at: number): number {
    if (piece[at] !== dash) listener.problem('something behind COPY … FROM stdin on the same line')
    return begin(inLineComment, at)
  }

  function inCopy(piece: Buffer, at: number): number {
    const end = copyData?.find(piece, at) ?? -1
    listener.copyPart(piece, at, end === -1 ? piece.length : end)
    if (end === -1) return piece.length
    copyData = undefined
    step = inCode
    listener.copyEnded(base + end)
    return end
  }

  /** Goes on behind the byte at `at`. */
  function goOn(next: Step, at: number): number {
    step = next
    return at + 1
  }

  /** The same, with nothing kept of what was before. */
  function begin(next: Step, at: number): number {
    keptBytes = 0
    return goOn(next, at)
  }

  return lexer
}

function skipSpace(piece: Buffer, from: number): number {
  let at = from
  while (at < piece.length && kindOf[piece[at]!] === kinds.space) at++
  return at
}

/** Skips what is of no interest within parentheses. An ampersand may belong to `U&'…'`. */
function skipSymbols(piece: Buffer, from: number): number {
  let at = from
  while (at < piece.length && kindOf[piece[at]!]! <= kinds.space && piece[at] !== ampersand) at++
  return at
}

const endOfLine = Buffer.of(newline)

/** The index of the next such byte, or the piece's length. Native code is worth its call only for what is far. */
function findByte(piece: Buffer, byte: number, from: number): number {
  const near = Math.min(piece.length, from + 32)
  for (let at = from; at < near; at++) if (piece[at] === byte) return at
  if (near === piece.length) return near
  const found = piece.indexOf(byte, near)
  return found === -1 ? piece.length : found
}
