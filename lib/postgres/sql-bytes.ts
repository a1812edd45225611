/** What a byte begins outside quotes and comments. */
export const kinds = {
  symbol: 0,
  space: 1,
  letter: 2,
  digit: 3,
  quote: 4,
  doubleQuote: 5,
  dollar: 6,
  dash: 7,
  slash: 8,
  open: 9,
  close: 10,
  semicolon: 11,
  backslash: 12,
} as const

const listed: readonly [string, number][] = [
  [' \t\n\r\f\v', kinds.space],
  ["'", kinds.quote],
  ['"', kinds.doubleQuote],
  ['$', kinds.dollar],
  ['-', kinds.dash],
  ['/', kinds.slash],
  ['(', kinds.open],
  [')', kinds.close],
  [';', kinds.semicolon],
  ['\\', kinds.backslash],
  ['0123456789', kinds.digit],
]

/** The kind of each byte, as psql's lexer (psqlscan.l) sees it. Bytes from 128 on are letters, whatever their encoding. */
export const kindOf = Uint8Array.from({ length: 256 }, (_, byte) => kindOfByte(byte))

function kindOfByte(byte: number): number {
  const character = String.fromCharCode(byte)
  if (/[A-Za-z_\x80-\xff]/.test(character)) return kinds.letter
  return listed.find(([characters]) => characters.includes(character))?.[1] ?? kinds.symbol
}
