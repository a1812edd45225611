import { z } from 'zod'
import type { Place } from '#lib/environment/environment'
import { RespaldoError } from '#lib/errors'
import { type Context, createFunction } from '#lib/http/create-function'
import type { RestoreInput, RestorePlan, RestoreRequest } from '#lib/postgres/database'
import { foreignInput, type OpenedFile } from '#lib/postgres/foreign'
import { isWhole, type Manifest, scopeKey } from '#lib/repository/manifest'
import type { Repository } from '#lib/repository/repository'
import type { Located } from '#lib/services'
import { openReading } from '#lib/steps/reading'
import { restoreInput } from '#lib/steps/restore-input'
import { safetyBackup } from '#lib/steps/safety-backup'
import { holdSource } from '#lib/steps/session'
import { list, localWanted, wanted } from './input.ts'

const input = z.object({
  ...wanted,
  backup: z.string().min(1).optional().describe('id, name, or latest'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('a dump that Respaldo did not make: .sql, .dump, either as .gz or .zst'),
  into: z.string().min(1).optional().describe('restore into this new or empty database'),
  inPlace: z.boolean().optional().describe('restore under the real name, for what is bound to it'),
  dropFirst: z
    .boolean()
    .optional()
    .describe('with inPlace: drop the old database first, for where two have no room'),
  undo: z.boolean().optional().describe('swap the newest kept database back'),
  tables: list.optional().describe('only these tables'),
  schemas: list.optional().describe('only these schemas'),
  createRoles: z.boolean().optional().describe('make missing roles from the backup'),
  subscriptions: z.boolean().optional().describe('restore subscriptions too; they start working at once'),
  dryRun: z.boolean().optional().describe('show the plan and change nothing'),
  confirm: z.string().optional().describe('the name of the database that is replaced'),
  wait: z.boolean().optional().describe('wait for a run that holds the target'),
})
type Input = z.infer<typeof input>

/** Restores as a transaction: until the last step the old data is whole. What replaces something needs `confirm`. */
export const restore = createFunction({
  name: 'restore',
  method: 'POST',
  summary: 'Restore a backup, or undo a restore',
  input,
  local: [...localWanted, 'file'],
  async run(input, context) {
    const { services } = context
    const repository = await services.repository({ create: input.file !== undefined || input.undo === true })
    if (input.undo) return undo(input, context, repository)
    const what =
      input.file === undefined ? await fromRepository(input, repository) : await fromFile(input.file, context)
    const target = await locateTarget(input, context, what.manifest)
    const { restores } = target.database
    const request = planned(input, target, services.clock.now(), services.newRun())
    if (input.dryRun)
      return { plan: await restores.plan(request, what.input, context.signal), backup: what.name }
    await using _reading = what.manifest && (await openReading(context, repository, what.manifest, 'restore'))
    // The lease comes first: what a dead run left has to be in order before a plan can be true.
    await using held = await holdSource(context, repository, target, {
      wait: input.wait,
      operation: 'restore',
    })
    const plan = await restores.plan({ ...request, run: held.run }, what.input, held.signal)
    refuseOrConfirm(plan, input.confirm)
    const safety =
      plan.replaces && request.dropFirst
        ? await safetyBackup(context, { located: target, repository, held })
        : undefined
    const all = safety ? { ...what.input, safety } : what.input
    const restored = await restores.run(plan, all, context.report, held.signal)
    return { restored, backup: what.name, target: target.source.id }
  },
})

type What = { name: string; input: RestoreInput; manifest?: Manifest }

async function fromRepository(input: Input, repository: Repository): Promise<What> {
  const manifest = await repository.find(input.backup, input.source)
  const partial = !isWhole(manifest.scope) && input.into === undefined
  if (partial)
    throw new RespaldoError(
      'restore-unsafe',
      `${manifest.id} holds only a part of the database (${scopeKey(manifest.scope)}) and cannot replace it`,
      {
        hint: 'Restore it into a new database with --into NAME.',
      },
    )
  const name = `${manifest.source.id}/${manifest.id}`
  return { name, manifest, input: await restoreInput(repository, manifest) }
}

async function fromFile(path: string, { services, signal }: Context): Promise<What> {
  const file: OpenedFile = await services.openFile(path)
  return { name: path, input: await foreignInput(file, signal) }
}

/** The target that was named; by default where the backup came from. */
function locateTarget(
  input: Input,
  { services, signal }: Context,
  manifest: Manifest | undefined,
): Promise<Located> {
  const { container, url, environment, folder, database, user } = input
  const named = container ?? url ?? environment ?? folder
  if (named !== undefined || !manifest)
    return services.locate({ container, url, environment, folder, database, user }, signal)
  const { place } = manifest.source
  return services.locate(
    {
      environment: place.environment,
      container: place.container,
      folder: place.folder,
      url: serverUrl(place),
      database: database ?? (place.environment === 'embedded' ? undefined : place.database),
      user: user ?? manifest.source.user,
    },
    signal,
  )
}

/** A direct place as a URL without secrets: those come from where they came from at the backup. */
function serverUrl({ environment, host, port, database }: Place): string | undefined {
  if (environment !== 'direct' || host === undefined) return undefined
  const query = new URLSearchParams({ host, ...(port === undefined ? {} : { port: String(port) }) })
  return `postgresql:///${encodeURIComponent(database)}?${query}`
}

function planned(input: Input, target: Located, time: Date, run: string): RestoreRequest {
  if (input.into !== undefined && input.inPlace)
    throw new RespaldoError('input-invalid', 'into and inPlace exclude each other')
  if (input.dropFirst && !input.inPlace)
    throw new RespaldoError('input-invalid', 'dropFirst is a way of restoring in place', {
      hint: 'Add inPlace (--in-place), or leave it out: without it both databases are kept.',
    })
  if ((input.tables || input.schemas) && input.into === undefined)
    throw new RespaldoError('restore-unsafe', 'Tables and schemas are restored only into a new database', {
      hint: 'Name one with --into.',
    })
  return {
    run,
    time,
    mode: input.into !== undefined ? 'into' : input.inPlace ? 'in-place' : 'swap',
    database: input.into ?? input.database ?? target.source.place.database,
    ...(input.dropFirst ? { dropFirst: true } : {}),
    ...(input.tables ? { tables: input.tables } : {}),
    ...(input.schemas ? { schemas: input.schemas } : {}),
    ...(input.createRoles ? { createRoles: true } : {}),
    ...(input.subscriptions ? { subscriptions: true } : {}),
  }
}

/** `RESTAURAR` and `RESTORE` are accepted beside the name, as the documents of old had it. */
const words = ['RESTAURAR', 'RESTORE']

function refuseOrConfirm(plan: RestorePlan, confirm: string | undefined): void {
  const [refusal] = plan.refusals
  if (refusal)
    throw new RespaldoError(refusal.code, refusal.message, {
      hint: refusal.hint,
      context: { refusals: plan.refusals },
    })
  if (plan.replaces === undefined || confirm === plan.replaces || words.includes(confirm ?? '')) return
  throw new RespaldoError('not-confirmed', `The restore would replace the database ${plan.replaces}`, {
    hint: `Confirm with its name, ${plan.replaces}, or restore into a new database (into).`,
    context: { plan, confirm: plan.replaces },
  })
}

async function undo(input: Input, context: Context, repository: Repository): Promise<unknown> {
  const target = await context.services.locate(input, context.signal)
  const database = input.database ?? target.source.place.database
  if (input.confirm !== database && !words.includes(input.confirm ?? ''))
    throw new RespaldoError('not-confirmed', `Undoing swaps ${database} with the database that was kept`, {
      hint: `Confirm with its name: ${database}.`,
      context: { confirm: database },
    })
  await using held = await holdSource(context, repository, target, {
    wait: input.wait,
    operation: 'restore --undo',
  })
  const restored = await target.database.restores.undo(
    { run: held.run, time: context.services.clock.now(), database },
    held.signal,
  )
  return { restored, target: target.source.id }
}
