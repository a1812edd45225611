import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import { builtOn } from '../repository/chain.ts'
import type { Manifest } from '../repository/manifest.ts'
import { forget } from '../repository/trash.ts'
import { planRetention } from '../retention/plan.ts'
import { retentionPolicy } from '../retention/policy.ts'
import { neededToRecover, type RetentionFacts, readRetentionFacts, unreadable } from './retention-facts.ts'
import { type HeldSource, holdBackup, type NamedBackup } from './session.ts'

/** What is to be removed. */
export interface RemovalRequest extends NamedBackup {
  /** Also what builds on it. */
  chain?: boolean | undefined
  /** The backup's id again. */
  confirm?: string | undefined
}

/** What was forgotten, in that order. */
export interface Removal {
  source: string
  forgotten: readonly string[]
}

/** Forgets one backup, and on demand what builds on it. `retention-unsafe` for what retention never removes. */
export async function removeBackup(request: RemovalRequest, context: Context): Promise<Removal> {
  const { services } = context
  const repository = await services.repository({ create: false })
  await using held = await holdBackup(context, repository, request, 'remove')
  const { manifest } = held
  const facts = await readRetentionFacts(repository, manifest.source.id)
  const broken = unreadable(facts)
  if (broken) throw broken
  const built = builtOn(manifest, facts.manifests)
  if (built.length > 0 && !request.chain) throw neededBy(manifest, built)
  const going = [...built, manifest]
  const guarded = guards(facts, context, held)
  for (const one of going) assertFree(one, guarded.get(one.id))
  assertConfirmed(going, request.confirm)
  const why = { time: services.clock.now(), reason: 'removed by hand' }
  for (const one of going) {
    await held.assertHeld()
    await forget(repository.store, { source: one.source.id, id: one.id }, why)
  }
  return { source: manifest.source.id, forgotten: going.map(({ id }) => id) }
}

const neededBy = (manifest: Manifest, built: readonly Manifest[]): RespaldoError =>
  new RespaldoError(
    'retention-unsafe',
    `${manifest.source.id}/${manifest.id} is what others build on: ${built.map(({ id }) => id).join(', ')}`,
    {
      hint: 'Add --chain to remove those too.',
      context: { builtOn: built.map(({ id }) => id) },
    },
  )

/** Why some backups are never removed, by id: what retention keeps although no rule wants anything. */
function guards({ backups }: RetentionFacts, { services }: Context, held: HeldSource): Map<string, string> {
  const minimum = Math.max(1, services.retention.minimum ?? 0)
  const policy = retentionPolicy([{ defaults: false, minimum, safetyDays: 0 }], services.timeZone)
  const plan = planRetention(backups, policy, services.clock.now(), { held: new Set() })
  const reasons = plan.keep.map(({ backup, reasons }): [string, string] => [
    backup.id,
    reasons.map(({ text }) => text).join('; '),
  ])
  const safety = held.deadRuns.length > 0 ? backups.filter(({ kind }) => kind === 'safety') : []
  return new Map([...reasons, ...safety.map(({ id }): [string, string] => [id, neededToRecover])])
}

function assertFree({ source, id }: Manifest, reason: string | undefined): void {
  if (reason === undefined) return
  throw new RespaldoError('retention-unsafe', `${source.id}/${id} is never removed: ${reason}`, {
    hint: 'Of every source and scope something has to be left; what was pinned can be unpinned with `respaldo pin ID --off`.',
  })
}

function assertConfirmed(going: readonly Manifest[], confirm: string | undefined): void {
  const { source, id } = going.at(-1)!
  if (confirm === id) return
  const others = going.length > 1 ? ` with ${going.length - 1} that build on it` : ''
  throw new RespaldoError('not-confirmed', `This removes ${source.id}/${id}${others}`, {
    hint: `Confirm with its id: ${id}.`,
    context: { confirm: id, forgotten: going.map(({ id }) => id) },
  })
}
