import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import type { Scope } from '#lib/postgres/database'
import { assertPassed } from '#lib/steps/assert-passed'
import { backUp, preflight } from '#lib/steps/backup'
import { plannedType } from '#lib/steps/planned-type'
import { holdSource } from '#lib/steps/session'
import { openVerifier } from '#lib/steps/verify-backup'
import { level, localWanted, scope, wanted } from './input.ts'

const input = z.object({
  ...wanted,
  ...scope,
  name: z.string().min(1).optional().describe('a name to find the backup by'),
  description: z.string().optional().describe('a note kept with the backup'),
  backupType: z.enum(['auto', 'full', 'incremental']).optional().describe('auto leaves it to the strategy'),
  forceFull: z.boolean().optional().describe('the same as backupType full'),
  format: z.enum(['custom', 'plain']).optional().describe("pg_dump's archive, or SQL text"),
  rolePasswords: z.boolean().optional().describe("keep the roles' password hashes with the globals"),
  verify: level
    .optional()
    .describe('verify it in the same run: a failure fails the run, and is kept with the backup'),
  wait: z.boolean().optional().describe('wait for a run that holds the source'),
})

/** Backs up one database, full or incremental; it exists once every part of it was seen to be whole. */
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
    const scope = scopeOf(input)
    const asked = input.forceFull ? 'full' : (input.backupType ?? 'auto')
    const { reason, base } = await plannedType({ asked, scope, format: input.format }, context, parts)
    const backup = await backUp({ ...input, kind: 'regular', reason, base, scope }, context, parts)
    const environment = { name: located.environment.name, reason: located.reason }
    if (input.verify === undefined) return { backup, environment }
    const { backups } = await repository.catalog(located.source.id)
    const verifier = openVerifier({ ...context, signal: held.signal }, repository, backups)
    const verified = await verifier.verify(backup, input.verify)
    assertPassed([verified])
    return { backup, environment, verified }
  },
})

function scopeOf({ schemaOnly, tables, excludeTables, schemas }: z.infer<typeof input>): Scope {
  return {
    ...(schemaOnly ? { schemaOnly } : {}),
    ...(tables ? { tables } : {}),
    ...(excludeTables ? { excludeTables } : {}),
    ...(schemas ? { schemas } : {}),
  }
}
