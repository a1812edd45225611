import { type ByteString, shown } from './byte-string.ts'
import { damagedTar, foreignTar } from './tar-errors.ts'

/** What extended headers say of the entry behind them, by pax's keys. */
export type TarRecords = Map<string, ByteString>

/** Adds a record. Nobody writes one twice, and readers would not agree on which of them counts. */
export function addRecord(records: TarRecords, key: string, value: ByteString, offset: number): void {
  if (records.has(key)) throw damagedTar(offset, `the record ${shown(key as ByteString)} twice for one entry`)
  if (key.startsWith('GNU.sparse.')) throw foreignTar('a sparse file', offset)
  if ((key === 'path' || key === 'linkpath') && value.includes('\0'))
    throw damagedTar(offset, `a ${key} with a NUL`)
  records.set(key, value)
}

/** Reads pax's records: `<length> <key>=<value>\n`, where the length is that of the whole record. */
export function readPaxRecords(text: ByteString, offset: number, records: TarRecords): void {
  for (let at = 0; at < text.length; ) {
    const [head = '', digits, key = ''] = /^([1-9]\d{0,7}) ([^=\0\n]+)=/.exec(text.slice(at, at + 1024)) ?? []
    const end = at + Number(digits)
    if (!(end <= text.length) || end <= at + head.length || text[end - 1] !== '\n')
      throw damagedTar(offset + at, 'an extended header without a valid record')
    addRecord(records, key, text.slice(at + head.length, end - 1) as ByteString, offset + at)
    at = end
  }
}

/** Records as an extended header has them. */
export function paxRecords(records: Iterable<readonly [string, ByteString]>): ByteString {
  return [...records].map(([key, value]) => withLength(` ${key}=${value}\n`)).join('') as ByteString
}

/** The length counts its own digits. */
function withLength(rest: string): string {
  let length = rest.length
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length
  return `${length}${rest}`
}

/** A whole number that a record has in place of the header's own. */
export function numberOf(records: TarRecords, key: string, own: number, offset: number): number {
  const text = records.get(key)
  if (!text) return own
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(value)) throw damagedTar(offset, `an extended header without a valid ${key}`)
  return value
}

/** Whole seconds, rounded down, of a time that a record has with a fraction. */
export function secondsOf(records: TarRecords, key: string, own: number, offset: number): number {
  const text = records.get(key)
  if (!text) return own
  const parts = /^(-?\d{1,15})(?:\.(\d*))?$/.exec(text)
  if (!parts) throw damagedTar(offset, `an extended header without a valid ${key}`)
  const before = text.startsWith('-') && Number(parts[2] ?? 0) > 0
  return Number(parts[1]) - (before ? 1 : 0)
}
