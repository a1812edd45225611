import { RespaldoError } from '../errors.ts'

const segmentBytes = 200

/** Device names, alone or before a dot; the raised digits count as digits there. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)/i

/** What no path has, Windows does not allow in names, or what would turn the rest of a line around on a terminal. */
const forbidden = /[/\\:*?"<>|]/
const invisible = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/u

/** The value itself when it can be a path segment on any system, else `input-invalid` that says what is wrong with it. */
export function assertSegment(kind: string, value: string): string {
  const reason = whyNot(value)
  if (reason === undefined) return value
  const shown = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  throw new RespaldoError('input-invalid', `The ${kind} ${shown} cannot be used: it ${reason}`, {
    hint: `Use letters, digits, spaces within, and . _ - (at most ${segmentBytes} bytes).`,
  })
}

/**
 * A readable name out of any text that `assertSegment` accepts; a name without spaces and signs is its own. Different texts may become
 * the same name.
 */
export function segmentFrom(text: string): string {
  const plain = text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}._+@=-]+/gu, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
  const safe = reserved.test(plain) ? `_${plain}` : plain
  return cutTo(safe, segmentBytes).replace(/[.-]+$/, '') || 'unnamed'
}

function whyNot(value: string): string | undefined {
  if (value === '') return 'is empty'
  if (Buffer.byteLength(value) > segmentBytes) return `is longer than ${segmentBytes} bytes`
  if (forbidden.test(value)) return 'holds a separator or one of : * ? " < > |'
  if (invisible.test(value)) return 'holds a control character'
  if (value !== value.normalize('NFC')) return 'is not in the normal form NFC of Unicode'
  if (value.startsWith('.')) return 'begins with a dot'
  if (/^ |[. ]$/.test(value)) return 'begins with a space or ends with a dot or a space'
  if (reserved.test(value)) return 'is a name that Windows reserves'
  return undefined
}

/** The longest beginning of whole characters that has at most so many bytes. */
function cutTo(text: string, bytes: number): string {
  let length = 0
  let end = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) break
    end += character.length
  }
  return text.slice(0, end)
}
