import type { MetaCommand } from './sql-scanner.ts'

/** What is done with a psql command: refused, or left out; `connect` is what it wanted to connect to. */
export interface CommandVerdict {
  refusal?: string
  connect?: string
}

/**
 * Judges a psql command. `\restrict` and `\unrestrict` (pg_dump from August 2025 on), which an older psql does not know, and
 * `\connect` are left out; every other one is refused, as it may run programs, read files, or change what follows. Tells only its name,
 * because arguments may hold a password.
 */
export function judgeCommand({ text, inStatement }: MetaCommand): CommandVerdict {
  const name = /^\\[^\s\\]*/.exec(text)?.[0] ?? '\\'
  const refusal = `psql's command ${name === '\\' ? text.slice(0, 2) : name}`
  const rest = text.slice(name.length)
  if (inStatement) return { refusal: `${refusal} within a statement` }
  if (rest.includes('\\') || rest.includes('`')) return { refusal }
  if (name === '\\restrict' || name === '\\unrestrict') return {}
  if (name !== '\\connect' && name !== '\\c') return { refusal }
  const target = rest.replace(/^\s*-reuse-previous=\w+/, '').trim()
  if (target === '' || target.startsWith('-')) return { refusal: `${refusal} as another user` }
  return { connect: target }
}
