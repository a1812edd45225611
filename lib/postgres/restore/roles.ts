import type { TocEntry } from '../archive.ts'
import { type Client, execute, type SqlOptions } from '../psql.ts'

const name = String.raw`("(?:[^"]|"")*"|[A-Za-z_][\w$]*)`
const mentions = [
  new RegExp(String.raw`^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES)\b.*?\b(?:TO|FROM) ${name}`, 'gm'),
  new RegExp(String.raw`\bFOR ROLE ${name}`, 'g'),
  new RegExp(`^ALTER ROLE ${name} IN DATABASE`, 'gm'),
  new RegExp(`^CREATE USER MAPPING FOR ${name}`, 'gm'),
]
const notRoles = new Set(['PUBLIC', 'public', 'CURRENT_USER', 'SESSION_USER', 'CURRENT_ROLE'])

/** The roles that an archive needs: owners, and those that its privileges, policies and settings name. Sorted. */
export function neededRoles(entries: readonly TocEntry[]): string[] {
  const roles = new Set(entries.map(entry => entry.owner).filter(owner => owner !== ''))
  for (const entry of entries) {
    for (const pattern of ['ACL', 'DEFAULT ACL', 'DATABASE PROPERTIES', 'USER MAPPING'].includes(entry.desc)
      ? mentions
      : [])
      for (const found of entry.defn.matchAll(pattern)) add(roles, found[1]!)
    if (entry.desc === 'POLICY') for (const role of policyRoles(entry.defn)) add(roles, role)
  }
  return [...roles].sort()
}

function add(roles: Set<string>, written: string): void {
  if (!notRoles.has(written)) roles.add(unquoted(written))
}

const unquoted = (written: string): string =>
  written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written

function policyRoles(defn: string): string[] {
  const list = new RegExp(`^CREATE POLICY .*? TO (${name}(?:, ${name})*)(?: USING| WITH|;)`, 's').exec(
    defn,
  )?.[1]
  return list ? [...list.matchAll(new RegExp(name, 'g'))].map(found => found[1]!) : []
}

/** The roles that a backup's globals make. */
export const rolesIn = (globals: string): string[] =>
  [...globals.matchAll(new RegExp(`^CREATE ROLE ${name}`, 'gm'))].map(found => unquoted(found[1]!))

/** Also the roles of which these are members, and so on: without them they cannot be made. */
export function withGroups(roles: readonly string[], globals: string): string[] {
  const grants = [...globals.matchAll(new RegExp(`^GRANT ${name} TO ${name}`, 'gm'))].map(found => ({
    group: unquoted(found[1]!),
    member: unquoted(found[2]!),
  }))
  const all = new Set(roles)
  // A set goes on to what was added while it is walked.
  for (const role of all) for (const { group, member } of grants) if (member === role) all.add(group)
  return [...all].sort()
}

/** Makes roles from a backup's globals in one transaction. */
export async function makeRoles(
  client: Client,
  globals: string,
  roles: readonly string[],
  options: SqlOptions,
): Promise<void> {
  await execute(client, `BEGIN;\n${roleStatements(globals, roles)}\nCOMMIT;`, options)
}

/** Of a backup's globals, the statements that make these roles: their attributes, settings, comments and memberships. */
export function roleStatements(globals: string, roles: readonly string[]): string {
  const wanted = new Set(roles)
  const of = new RegExp(`^(?:CREATE ROLE|ALTER ROLE|COMMENT ON ROLE|GRANT .*? TO) ${name}`)
  return globals
    .split('\n')
    .filter(line => {
      const role = of.exec(line)?.[1]
      return role !== undefined && wanted.has(unquoted(role))
    })
    .map(line => line.replace(/ GRANTED BY ("(?:[^"]|"")*"|\S+?);$/, ';'))
    .join('\n')
}
