import { RespaldoError } from '../errors.ts'
import { builtOn } from './chain.ts'
import { backupFolder } from './layout.ts'
import type { Manifest } from './manifest.ts'
import type { Problem } from './proofs.ts'

/** Looks at objects of one source's backups one by one and notes what is wrong, so that one that is damaged does not hide the next. */
export interface Findings {
  readonly problems: readonly Problem[]
  /**
   * What the work gives; undefined when it found damage, which is noted. Errors that say nothing of the object (a disk that does not
   * answer) are thrown.
   */
  look<T>(id: string, name: string, work: () => Promise<T>): Promise<T | undefined>
}

/** `backups` are the catalog's: they say what an object takes down. */
export function openFindings(backups: readonly Manifest[], source: string): Findings {
  const problems: Problem[] = []
  return {
    problems,
    async look(id, name, work) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof RespaldoError) || !isVerdict(error)) throw error
        problems.push(problemOf(error, backupFolder(source, id) + name, takenDown(backups, source, id)))
        return undefined
      }
    },
  }
}

/** What a newer version wrote may be sound, but nobody here can tell. */
const isVerdict = ({ code }: RespaldoError): boolean => code === 'data-corrupt' || code === 'version-mismatch'

/** An error as a part of a proof. */
export function problemOf(
  { code, message, hint, context }: RespaldoError,
  object: string,
  takesDown: readonly string[],
): Problem {
  return { object, code, message, ...(hint ? { hint } : {}), ...(context ? { context } : {}), takesDown }
}

/** The backup itself, where it exists, and every one that builds on it, newest first. */
function takenDown(backups: readonly Manifest[], source: string, id: string): string[] {
  const own = backups.filter(backup => backup.source.id === source)
  const needing = new Set(builtOn({ id }, own).map(({ id }) => id)).add(id)
  return own.filter(({ id }) => needing.has(id)).map(({ id }) => `${source}/${id}`)
}
