import { RespaldoError } from '../errors.ts'
import type { OpenEnd } from './sql-scanner.ts'

/** The first comment of what pg_dumpall writes. */
export const clusterHeader = 'PostgreSQL database cluster dump'

/** SQL of which something cannot be left out and must not run. */
export function refused(line: number | undefined, reason: string): RespaldoError {
  const where = line === undefined ? '' : ` at line ${line}`
  return new RespaldoError('input-invalid', `The SQL cannot be restored${where}: ${reason}`, {
    hint: 'Take that out of the file, or restore it by hand with psql.',
    context: { line },
  })
}

/** SQL that goes through more than one database, where only one is to be restored. */
export function severalDatabases(line?: number): RespaldoError {
  const where = line === undefined ? '' : `: at line ${line} it goes on with another one`
  return new RespaldoError('input-invalid', `The SQL is about several databases${where}`, {
    hint: 'It was made by pg_dumpall or by hand. Dump the one database with pg_dump, and roles with pg_dumpall --globals-only.',
    context: { line },
  })
}

/** SQL that stops within something, or before its end. */
export function cutShort(offset: number, reason: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The SQL ends at byte ${offset} ${reason}`, {
    hint: 'It is not whole: get it again from where it came from, or dump it again.',
    context: { offset, reason },
  })
}

/** For `cutShort`: what was left open. */
export function within(open: Exclude<OpenEnd, undefined>): string {
  return `within ${open === 'COPY data' ? open : `a ${open}`}`
}

/** SQL that no pg_dump wrote as it is. */
export function damagedSql(line: number, reason: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The SQL is damaged at line ${line}: ${reason}`, {
    hint: 'Use another dump, or make it again with pg_dump.',
    context: { line, reason },
  })
}
