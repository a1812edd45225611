import { join } from 'node:path'
import { RespaldoError } from '../errors.ts'
import { dataVersion, holderOf } from './embedded-folder.ts'

/** Throws unless a database is there that nobody has open. PGlite itself would make an empty one, or share one and spoil it. */
export async function assertUsable(folder: string): Promise<void> {
  if ((await dataVersion(folder)) === undefined)
    throw new RespaldoError('source-not-found', `There is no PGlite database in ${folder}`, {
      hint: `Name the folder that the application gives to PGlite; it contains ${join('global', 'pg_control')}.`,
    })
  const holder = await holderOf(folder)
  if (holder !== undefined) throw inUse('source-unreachable', folder, holder)
}

/** What is said when another process has the folder open. */
export function inUse(
  code: 'source-unreachable' | 'restore-unsafe',
  folder: string,
  holder: number | 'unknown',
): RespaldoError {
  const who =
    holder === 'unknown'
      ? 'a process, or was when one was killed'
      : holder === process.pid
        ? 'this process'
        : `process ${holder}`
  const left = holder === 'unknown' ? ` If none has, remove ${join(folder, 'postmaster.pid')}.` : ''
  return new RespaldoError(code, `The PGlite database in ${folder} is in use by ${who}`, {
    hint: `Only one process at a time can use a PGlite folder: close it there first.${left}`,
  })
}

/** The refusal of archives, which need pg_restore. */
export const onlyPlain = (): RespaldoError =>
  new RespaldoError(
    'input-invalid',
    'An embedded database is dumped and restored as SQL text, not as an archive of custom format',
    {
      hint: 'Use the format plain; there is no pg_restore for PGlite.',
    },
  )

/** The refusal of what is about a whole server. */
export const noServer = (): RespaldoError =>
  new RespaldoError('input-invalid', 'An embedded database is the only one in its folder', {
    hint: 'Leave allDatabases (--all-databases) out, and call for each folder by itself.',
  })
