import { z } from 'zod'
import { type BackupParts, backUp, preflight } from '#lib/backup'
import { type Context, createFunction } from '#lib/http/create-function'
import type { Scope } from '#lib/postgres/database'
import { holdSource } from '#lib/session'
import { localWanted, scope, wanted } from './input.ts'

const input = z.object({
  ...wanted,
  ...scope,
  name: z.string().min(1).optional().describe('a name to find the backup by'),
  description: z.string().optional().describe('a note kept with the backup'),
  format: z.enum(['custom', 'plain']).optional().describe("pg_dump's archive, or SQL text"),
  rolePasswords: z.boolean().optional().describe("keep the roles' password hashes with the globals"),
  wait: z.boolean().optional().describe('wait for a run that holds the source'),
})

/** Makes a full backup of one database; it exists once every part of it was seen to be whole. */
export const create = createFunction({
  name: 'create',
  method: 'POST',
  summary: 'Back up a database',
  input,
  local: localWanted,
  async run(input, context) {
    const located = await context.services.locate(input, context.signal)
    const repository = await context.services.repository({ create: true })
    await using held = await holdSource(context, repository, located, {
      wait: input.wait,
      operation: 'create',
    })
    const info = await preflight(located, repository, held.signal)
    const parts = { located, repository, info, held }
    await warnOfOtherServer(context, parts)
    const request = {
      ...input,
      kind: 'regular' as const,
      reason: 'every backup is a full one',
      scope: scopeOf(input),
    }
    const backup = await backUp(request, context, parts)
    return { backup, environment: { name: located.environment.name, reason: located.reason } }
  },
})

async function warnOfOtherServer(
  { report }: Context,
  { located, repository, info }: BackupParts,
): Promise<void> {
  const { id } = located.source
  const last = (await repository.catalog(id)).backups[0]?.source.systemIdentifier
  if (last === undefined || info.systemIdentifier === undefined || last === info.systemIdentifier) return
  report({
    type: 'warning',
    message: `${id} is another server than at the last backup (system identifier ${info.systemIdentifier}, before ${last})`,
    hint: 'If that is no surprise, nothing needs to be done: this backup is a full one.',
  })
}

function scopeOf({ schemaOnly, tables, excludeTables, schemas }: z.infer<typeof input>): Scope {
  return {
    ...(schemaOnly ? { schemaOnly } : {}),
    ...(tables ? { tables } : {}),
    ...(excludeTables ? { excludeTables } : {}),
    ...(schemas ? { schemas } : {}),
  }
}
