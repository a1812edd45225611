import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { type Context, createFunction } from '#lib/http/create-function'
import type { DatabaseChoice, Part, RestoreInput, RestoreRequest } from '#lib/postgres/database'
import { foreignInput } from '#lib/postgres/foreign'
import { type DatabaseManifest, isVolume } from '#lib/repository/manifest'
import type { Repository } from '#lib/repository/repository'
import { findServerRun } from '#lib/repository/server-runs'
import type { Located } from '#lib/services'
import { isConfirmed } from '#lib/steps/confirmed'
import { plannedServer } from '#lib/steps/planned-server'
import { askedRest, plannedClients, quiescedClients } from '#lib/steps/quiesced'
import { backupInput, restored } from '#lib/steps/restored'
import { restoredServer } from '#lib/steps/restored-server'
import { plannedVolumes, restoredVolumes } from '#lib/steps/restored-volumes'
import { holdSource } from '#lib/steps/session'
import { locateTarget } from '#lib/steps/target'
import { type VolumeToRestore, volumeOfBackup, volumesOfFile } from '#lib/steps/volumes-to-restore'
import { databaseChoice } from '#lib/steps/whole-server'
import type { Rest } from '#lib/volumes/volume'
import { list, localWanted, quiesce, wanted, wholeServer } from './input.ts'

const input = z.object({
  ...wanted,
  ...wholeServer,
  ...quiesce,
  backup: z
    .string()
    .min(1)
    .optional()
    .describe('id, name, or latest; with allDatabases of a run over a server'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'a file instead of a backup: .sql, .dump or a .tar, also as .gz or .zst, or the .tar.gz of an export',
    ),
  into: z.string().min(1).optional().describe('restore into this new or empty database or volume'),
  inPlace: z.boolean().optional().describe('restore under the real name, for what is bound to it'),
  dropFirst: z
    .boolean()
    .optional()
    .describe('with inPlace: drop the old database first, for where two have no room'),
  undo: z.boolean().optional().describe('swap the newest kept database back'),
  tables: list.optional().describe('only these tables (name or schema.name), with what belongs to them'),
  schemas: list.optional().describe('only these schemas, added to the tables'),
  schemaOnly: z.boolean().optional().describe('definitions without data'),
  dataOnly: z.boolean().optional().describe('data alone, into the empty tables of a database that exists'),
  volumes: list
    .optional()
    .describe('of a volume: another one to restore into; of a file: which of its volumes'),
  paths: list.optional().describe('of a volume: only these files and folders, from its root'),
  createRoles: z.boolean().optional().describe('make missing roles from the backup'),
  subscriptions: z.boolean().optional().describe('restore subscriptions too; they start working at once'),
  dryRun: z.boolean().optional().describe('show the plan and change nothing'),
  confirm: z
    .string()
    .optional()
    .describe('the name of the database or volume that is replaced; with allDatabases of the server'),
  wait: z.boolean().optional().describe('wait for a run that holds the target'),
})
type Input = z.infer<typeof input>

/** Restores as a transaction: until the last step the old data is whole. What replaces something needs `confirm`. */
export const restore = createFunction({
  name: 'restore',
  method: 'POST',
  summary: 'Restore a backup, a whole server or volumes, or undo a restore',
  input,
  local: [...localWanted, 'file'],
  async run(input, context) {
    const { services } = context
    const choice = databaseChoice(input)
    if (choice) return restoreServer({ ...input, choice }, context)
    const repository = await services.repository({ create: input.file !== undefined || input.undo === true })
    if (input.undo) return undo(input, context, repository)
    const what =
      input.file === undefined
        ? await fromRepository(input, repository)
        : await fromFile(input, input.file, context)
    if ('volumes' in what) return restoreVolumes(input, context, { ...what, repository })
    refuseForDatabases(input)
    const target = await locateTarget(input, context, what.manifest)
    const { restores } = target.database
    const request = planned(input, target, services.clock.now(), services.newRun())
    const rest = restOf(input)
    if (input.dryRun) {
      const plan = await restores.plan(request, what.input, context.signal)
      const clients = await plannedClients(rest, context, target)
      return { plan: { ...plan, steps: [...clients, ...plan.steps] }, backup: what.name }
    }
    const parts = { ...what, target, repository }
    const result = await restored(request, context, parts, { ...input, rest })
    return { restored: result, backup: what.name, target: target.source.id }
  },
})

/** All databases of a run over a server, or those that are chosen. */
async function restoreServer(
  request: Input & { choice: DatabaseChoice },
  context: Context,
): Promise<unknown> {
  refuseSingle(request)
  const repository = await context.services.repository({ create: false })
  const { backups } = await repository.catalog()
  const run = findServerRun(backups, request.backup, request.source)
  const parts = { run, target: await locateTarget(request, context, run.backups[0]), repository }
  if (request.dryRun) return { plan: await plannedServer(request, context, parts), serverRun: run.id }
  return restoredServer({ ...request, rest: restOf(request) }, context, parts)
}

/** What is about one database says nothing of many. */
function refuseSingle(input: Input): void {
  const single = ['file', 'into', 'undo', 'tables', 'schemas', 'schemaOnly', 'dataOnly'] as const
  const given = single.filter(name => input[name] !== undefined && input[name] !== false)
  if (given.length > 0)
    throw new RespaldoError('input-invalid', `${given.join(', ')} and allDatabases exclude each other`)
  assertDropFirst(input)
}

type What = { name: string; input: RestoreInput; manifest?: DatabaseManifest }
type Volumes = { volumes: readonly VolumeToRestore[] }

async function fromRepository(input: Input, repository: Repository): Promise<What | Volumes> {
  const manifest = await repository.find(input.backup, input.source)
  if (isVolume(manifest)) return { volumes: [volumeOfBackup(repository, manifest, input.volumes)] }
  const replaces = input.into === undefined
  const name = `${manifest.source.id}/${manifest.id}`
  return { name, manifest, input: await backupInput(repository, manifest, { replaces }) }
}

async function fromFile(
  { volumes: names }: Input,
  path: string,
  { services, signal }: Context,
): Promise<What | Volumes> {
  const file = await services.openFile(path)
  const volumes = await volumesOfFile(file, names, signal)
  return volumes ? { volumes } : { name: path, input: await foreignInput(file, signal) }
}

async function restoreVolumes(
  input: Input,
  context: Context,
  parts: Volumes & { repository: Repository },
): Promise<unknown> {
  refuseForVolumes(input)
  if (input.dryRun) return { plans: await plannedVolumes(input, context, parts) }
  return { volumes: await restoredVolumes(input, context, parts) }
}

function refuseForVolumes(input: Input): void {
  refuse(input, 'volumes', [
    ...['tables', 'schemas', 'schemaOnly', 'dataOnly', 'dropFirst', 'createRoles', 'subscriptions'],
    ...['container', 'url', 'database', 'user', 'folder'],
  ] as (keyof Input)[])
  if (input.pause)
    throw new RespaldoError('input-invalid', 'pause is not enough where a volume is written', {
      hint: 'What is paused goes on with what it has read before: use --stop.',
    })
}

const refuseForDatabases = (input: Input): void => refuse(input, 'databases', ['volumes', 'paths'])

function refuse(input: Input, what: string, names: readonly (keyof Input)[]): void {
  const given = names.filter(name => input[name] !== undefined && input[name] !== false)
  if (given.length > 0)
    throw new RespaldoError('input-invalid', `${given.join(', ')} cannot be said of ${what}`)
}

function planned(input: Input, target: Located, time: Date, run: string): RestoreRequest {
  if (input.into !== undefined && input.inPlace)
    throw new RespaldoError('input-invalid', 'into and inPlace exclude each other')
  assertDropFirst(input)
  const part = partOf(input)
  if (part && input.into === undefined)
    throw new RespaldoError('restore-unsafe', 'A part of a backup cannot replace a database', {
      hint: 'Name a new one with --into.',
    })
  return {
    run,
    time,
    mode: input.into !== undefined ? 'into' : input.inPlace ? 'in-place' : 'swap',
    database: input.into ?? input.database ?? target.source.place.database,
    ...(input.dropFirst ? { dropFirst: true } : {}),
    ...(part ? { part } : {}),
    ...(input.createRoles ? { createRoles: true } : {}),
    ...(input.subscriptions ? { subscriptions: true } : {}),
  }
}

/** A restore that replaces nothing concerns nobody. */
function restOf(input: Input): Rest | undefined {
  const rest = askedRest(input)
  if (rest === undefined || input.into === undefined) return rest
  throw new RespaldoError('input-invalid', `into replaces nothing, so nobody has to ${rest}`)
}

function partOf({ tables, schemas, schemaOnly, dataOnly }: Input): Part | undefined {
  if (schemaOnly && dataOnly)
    throw new RespaldoError('input-invalid', 'schemaOnly and dataOnly exclude each other', {
      hint: 'Without either both are restored.',
    })
  if (!tables && !schemas && !schemaOnly && !dataOnly) return undefined
  return {
    ...(tables ? { tables } : {}),
    ...(schemas ? { schemas } : {}),
    ...(schemaOnly ? { schemaOnly } : {}),
    ...(dataOnly ? { dataOnly } : {}),
  }
}

function assertDropFirst({ dropFirst, inPlace }: Input): void {
  if (!dropFirst || inPlace) return
  throw new RespaldoError('input-invalid', 'dropFirst is a way of restoring in place', {
    hint: 'Add inPlace (--in-place), or leave it out: without it both databases are kept.',
  })
}

async function undo(input: Input, context: Context, repository: Repository): Promise<unknown> {
  const target = await context.services.locate(input, context.signal)
  const database = input.database ?? target.source.place.database
  if (!isConfirmed(database, input.confirm))
    throw new RespaldoError('not-confirmed', `Undoing swaps ${database} with the database that was kept`, {
      hint: `Confirm with its name: ${database}.`,
      context: { confirm: database },
    })
  await using held = await holdSource(context, repository, target, {
    wait: input.wait,
    operation: 'restore --undo',
  })
  const parts = { located: target, repository, operation: 'restore --undo' }
  await using _resting = await quiescedClients(restOf(input), { ...context, signal: held.signal }, parts)
  const restored = await target.database.restores.undo(
    { run: held.run, time: context.services.clock.now(), database },
    held.signal,
  )
  return { restored, target: target.source.id }
}
