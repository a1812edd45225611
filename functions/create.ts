import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import type { Scope } from '#lib/postgres/database'
import { type CreateRequest, created } from '#lib/steps/created'
import { createdServer } from '#lib/steps/created-server'
import { askedRest } from '#lib/steps/quiesced'
import { databaseChoice } from '#lib/steps/whole-server'
import { level, localWanted, quiesce, scope, wanted, wholeServer } from './input.ts'

const input = z.object({
  ...wanted,
  ...wholeServer,
  ...scope,
  ...quiesce,
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

type Input = z.infer<typeof input>

/** Backs up one database or each of a server, full or incremental; a backup exists once every part of it was seen to be whole. */
export const create = createFunction({
  name: 'create',
  method: 'POST',
  summary: 'Back up a database, or every one of a server',
  input,
  local: localWanted,
  begins: true,
  async run(input, context) {
    const located = await context.services.locate(input, context.signal)
    const choice = databaseChoice(input, located.databases)
    const environment = { name: located.environment.name, reason: located.reason }
    if (choice) located.database.server() // what has none is refused before a repository is made
    const request = requestOf(input)
    const repository = await context.services.repository({ create: true })
    const parts = { located, repository }
    const result = choice
      ? await createdServer(request, choice, context, parts)
      : await created(request, context, parts)
    return { ...result, environment }
  },
})

function requestOf({ forceFull, backupType = 'auto', ...given }: Input): CreateRequest {
  const asked = forceFull ? 'full' : backupType
  return { ...given, asked, scope: scopeOf(given), rest: askedRest(given) }
}

function scopeOf({ schemaOnly, tables, excludeTables, schemas }: Partial<Input>): Scope {
  return {
    ...(schemaOnly ? { schemaOnly } : {}),
    ...(tables ? { tables } : {}),
    ...(excludeTables ? { excludeTables } : {}),
    ...(schemas ? { schemas } : {}),
  }
}
