import type { TocEntry } from '../archive.ts'
import { identifier } from '../sql.ts'

/** What of an archive is about the database itself; pg_restore applies it only with `--create`, under the old name. */
export interface DatabaseProperties {
  owner: string | undefined
  /** `CREATE DATABASE … ` for a name. */
  create(name: string): string
  /** ACL, settings, role-in-database settings and connection limit for a name, to be run last. */
  apply(name: string): string
  comment: string | undefined
}

/** Reads the entries DATABASE, DATABASE PROPERTIES, and the ACL and COMMENT of the database. */
export function databaseProperties(entries: readonly TocEntry[]): DatabaseProperties {
  const database = entries.find(entry => entry.desc === 'DATABASE')
  const about = `DATABASE ${quotedLikeDump(database)}`
  const ofDatabase = entries.filter(
    entry =>
      entry.desc === 'DATABASE PROPERTIES' ||
      (entry.desc === 'ACL' && entry.tag.startsWith('DATABASE ') && entry.defn.includes(about)),
  )
  const comment = entries.find(
    entry => entry.desc === 'COMMENT' && entry.defn.startsWith(`COMMENT ON ${about} IS `),
  )
  return {
    owner: database?.owner || undefined,
    create: name => `CREATE DATABASE ${identifier(name)} ${createOptions(database)};`,
    apply: name => ofDatabase.map(entry => renamedStatements(entry.defn, about, name)).join('\n'),
    comment: comment && stringLiteral(comment.defn.slice(`COMMENT ON ${about} IS `.length)),
  }
}

const createOptions = (database: TocEntry | undefined): string =>
  /\bWITH TEMPLATE = template0[^;]*/s.exec(database?.defn ?? '')?.[0] ?? 'WITH TEMPLATE = template0'

/** The database's name exactly as pg_dump wrote it: quoted only where it had to be. */
function quotedLikeDump(database: TocEntry | undefined): string {
  const written = /^CREATE DATABASE ("(?:[^"]|"")*"|[^\s"]+) WITH/s.exec(database?.defn ?? '')?.[1]
  return written ?? identifier(database?.tag ?? '')
}

/** Statements about the database with its new name; only where a statement begins, so that values stay as they are. */
function renamedStatements(defn: string, about: string, name: string): string {
  const escaped = about.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const start = new RegExp(
    `^((?:ALTER|REVOKE [A-Z, ]+ ON|GRANT [A-Z, ]+ ON|ALTER ROLE (?:"(?:[^"]|"")*"|\\S+) IN) )${escaped}(?= )`,
    'gm',
  )
  return defn.replaceAll(start, (_, before: string) => `${before}DATABASE ${identifier(name)}`)
}

/** The text of an SQL literal as pg_dump writes it: quotes doubled, backslashes doubled behind E. */
function stringLiteral(sql: string): string | undefined {
  const found = /^\s*(E?)'((?:[^']|'')*)'/s.exec(sql)
  if (!found) return undefined
  const text = found[2]!.replaceAll("''", "'")
  return found[1] ? text.replaceAll('\\\\', '\\') : text
}
