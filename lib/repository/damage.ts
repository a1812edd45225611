import { RespaldoError } from '../errors.ts'

/** The error of a file that is there and not what was written; `where` is its key. */
export function changedFile(where: string, what: string, cause?: unknown): RespaldoError {
  return new RespaldoError('data-corrupt', `${where}: ${what}`, {
    cause,
    hint: 'The file was changed or damaged after the backup was made. Restore another backup, and check the disk.',
  })
}
