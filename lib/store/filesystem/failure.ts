import { type ErrorCode, RespaldoError } from '../../errors.ts'

const denied =
  'Give the user that runs Respaldo the right to read and write there (folders 0700, files 0600).'
const unknown = 'Check that the disk or share is mounted and healthy; the system log (dmesg) may say more.'

/** What the system's error codes mean to a user. Whatever is not here is `store-unavailable`. */
const meanings: Record<string, { code?: ErrorCode; hint: string }> = {
  ENOSPC: {
    code: 'space-insufficient',
    hint: 'Free some space (df -h, df -i), remove old backups, or choose a larger disk with --dir.',
  },
  EDQUOT: {
    code: 'space-insufficient',
    hint: 'The disk quota of this user is used up: raise it, or remove old backups.',
  },
  EACCES: { code: 'store-denied', hint: denied },
  EPERM: { code: 'store-denied', hint: denied },
  EROFS: {
    code: 'store-denied',
    hint: 'It is mounted read-only: mount it for writing, or choose another place with --dir.',
  },
  ENOTDIR: { hint: 'A part of that path is a file: move it away, or choose another place with --dir.' },
  EISDIR: { hint: 'A folder stands where a file belongs: move it away, or choose another place with --dir.' },
  EEXIST: {
    hint: 'Something that is no folder stands where a folder belongs: move it away, or choose another place with --dir.',
  },
  EFBIG: {
    hint: 'The filesystem or a limit (ulimit -f) does not allow files of this size: choose another place with --dir.',
  },
  ENAMETOOLONG: {
    code: 'input-invalid',
    hint: 'The path is too long for this filesystem: use a shorter name or another --dir.',
  },
  EMFILE: { hint: 'Too many files are open: raise the limit (ulimit -n).' },
  ENFILE: { hint: 'Too many files are open on this machine: raise fs.file-max.' },
}

/** The error code of the system (`ENOENT`), or undefined when the error is not the system's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Awaits work on the filesystem and translates its failure. `what` names the work and the place: `write /srv/backups/x`. */
export async function attempt<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw failure(what, error)
  }
}

/** The system's error as one that a user can act upon. */
export function failure(what: string, error: unknown): RespaldoError {
  const code = codeOf(error)
  const meaning = (code && Object.hasOwn(meanings, code) && meanings[code]) || { hint: unknown }
  const message = error instanceof Error ? error.message : String(error)
  return new RespaldoError(meaning.code ?? 'store-unavailable', `Could not ${what}: ${message}`, {
    cause: error,
    hint: meaning.hint,
  })
}
