import { RespaldoError } from '../errors.ts'

/** Begins the names of what a driver has not finished. No key has it, so `list` can leave such names out. */
export const temporaryPrefix = '.tmp-'

/** S3's limit for keys, and what every filesystem takes for one name; in bytes of UTF-8. */
const longestKey = 1024
const longestSegment = 255

/** U+FFFD stands where a folder holds a name that is not UTF-8: no key, since it could not be read under that name. */
const forbidden = /[\p{Cc}\p{Cs}\\\ufffd]/u

/** Throws `input-invalid` for what no store takes as a key, so that all drivers refuse the same. */
export function assertKey(key: string): void {
  const reason =
    key === '' ? 'it is empty' : (whyNotPath(key) ?? key.split('/').map(whyNotSegment).find(Boolean))
  if (reason) throw invalid('key', key, reason)
}

/** A prefix is the beginning of a key: whole segments, and after the last `/` a beginning of one or nothing. */
export function assertPrefix(prefix: string): void {
  const reason = whyNotPath(prefix) ?? prefix.split('/').slice(0, -1).map(whyNotSegment).find(Boolean)
  if (reason) throw invalid('prefix', prefix, reason)
}

/** A folder is a prefix that ends in `/`. */
export function assertFolder(folder: string): void {
  assertPrefix(folder)
  if (!folder.endsWith('/')) throw invalid('folder', folder, 'it does not end in a slash')
}

/** Says whether a name that was found may stand in a key. */
export function isSegment(name: string): boolean {
  return whyNotSegment(name) === undefined && !forbidden.test(name)
}

/** Sorts in place by the bytes of UTF-8, which for surrogates is another order than JavaScript's. */
export function sortByBytes(keys: string[]): string[] {
  if (!keys.some(key => /[\ud800-\udfff]/.test(key))) return keys.sort()
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function whyNotPath(path: string): string | undefined {
  if (Buffer.byteLength(path) > longestKey) return `it is longer than ${longestKey} bytes`
  if (forbidden.test(path)) return 'it holds a control character, a backslash or broken Unicode'
  return undefined
}

function whyNotSegment(segment: string): string | undefined {
  if (segment === '') return 'it begins or ends with a slash or has two in a row'
  if (segment === '.' || segment === '..') return 'it holds the segment . or ..'
  if (segment.startsWith(temporaryPrefix)) return `${temporaryPrefix} is kept for unfinished files`
  if (Buffer.byteLength(segment) > longestSegment)
    return `it has a segment of more than ${longestSegment} bytes`
  return undefined
}

function invalid(what: string, value: string, reason: string): RespaldoError {
  return new RespaldoError('input-invalid', `${JSON.stringify(value)} is no ${what} of a store: ${reason}`, {
    hint: 'Use another name: it becomes part of a path in the repository.',
  })
}
