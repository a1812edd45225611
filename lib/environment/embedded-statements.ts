import type { Bytes } from '../bytes.ts'
import type { RestoreInput } from '../postgres/database.ts'
import { unquoted } from './embedded-globals.ts'

/** One whole SQL statement, and its first words as the scanner of `postgres/sql-scanner.ts` tells them: lower case, names quoted as they stand. */
export interface Statement {
  text: string
  words: readonly string[]
}

/** Cuts SQL into statements, in order, in flat memory. Handed in, because telling where SQL ends is no driver's business. */
export type Statements = (sql: Bytes) => AsyncIterable<Statement>

/** What a dump needs of the database that it goes into. */
export interface Needs {
  extensions: ReadonlySet<string>
  /** Roles that own something or are granted something. */
  roles: ReadonlySet<string>
  /** Whether it has data that only psql can read (`COPY … FROM stdin`). */
  copies: boolean
}

/** Reads the dump to its end, which also proves that it can be read. */
export async function needsOf(
  input: RestoreInput,
  statements: Statements,
  signal?: AbortSignal,
): Promise<Needs> {
  const extensions = new Set<string>()
  const roles = new Set<string>()
  let copies = false
  for await (const { words } of statements(input.open(signal))) {
    const extension = createdExtension(words)
    if (extension !== undefined) extensions.add(extension)
    const role = neededRole(words)
    if (role !== undefined) roles.add(role)
    copies ||= words[0] === 'copy' && words.includes('stdin')
  }
  return { extensions, roles, copies }
}

function createdExtension(words: readonly string[]): string | undefined {
  if (words[0] !== 'create' || words[1] !== 'extension') return undefined
  const name = words[2] === 'if' ? words[5] : words[2]
  return name === undefined ? undefined : unquoted(name)
}

function neededRole(words: readonly string[]): string | undefined {
  if (words[0] !== 'alter' && words[0] !== 'grant') return undefined
  const to = words.lastIndexOf('to')
  const name = words[to + 1]
  if (to < 0 || name === undefined || (words[0] === 'alter' && words[to - 1] !== 'owner')) return undefined
  return alwaysThere(name) ? undefined : unquoted(name)
}

const alwaysThere = (name: string): boolean =>
  name === 'postgres' || name === 'public' || name.startsWith('pg_')
