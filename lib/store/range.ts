import { RespaldoError } from '../errors.ts'
import type { ByteRange } from './store.ts'

/** What of an object is wanted, as a range within it. `data-corrupt` when the object ends before the range does. */
export function bounds(
  range: ByteRange | undefined,
  size: number,
  object: { key: string; store: string },
): ByteRange {
  if (!range) return { start: 0, end: size }
  const { start, end } = range
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start)
    throw new RespaldoError('input-invalid', `${start} to ${end} is no range of bytes (${object.key})`, {
      hint: 'This is a bug of Respaldo: please report it.',
    })
  if (end > size) throw tooShort(object, size, end)
  return range
}

/** The error of an object that has fewer bytes than it must have. */
export function tooShort(
  object: { key: string; store: string },
  size: number,
  needed: number,
): RespaldoError {
  return new RespaldoError(
    'data-corrupt',
    `${object.key} in ${object.store} ends after ${size} bytes of at least ${needed}`,
    {
      hint: 'The file was cut short or changed from outside. Restore from another backup, and copy the file back from where it is whole.',
    },
  )
}
