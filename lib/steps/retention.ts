import { RespaldoError, throwIfAborted } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { Repository } from '../repository/repository.ts'
import { forget } from '../repository/trash.ts'
import { type Kept, planRetention, type Removed, type RetentionPlan } from '../retention/plan.ts'
import type { RetentionPolicy } from '../retention/policy.ts'
import { dueInTrash, type Emptied, emptyTrash } from './empty-trash.ts'
import { neededToRecover, readRetentionFacts, unreadable } from './retention-facts.ts'
import { type HeldSource, holdBackups } from './session.ts'

/** What retention is to do. */
export interface RetentionRequest {
  policy: RetentionPolicy
  /** Plan, and change nothing: no lease is taken, and nobody is asked what is being read. */
  dryRun: boolean
  /** Empty the trash of all that is in it, also of what goes there now. */
  emptyNow: boolean
}

/** What retention did to one source, or would do. */
export interface Retained extends RetentionPlan, Emptied {
  source: string
  /** Why the source was left alone. */
  left?: RespaldoError
}

/** Applies retention to one source: forgets what nothing keeps, then empties what is due out of the trash. A source that another run holds is left alone. */
export async function retainSource(
  context: Context,
  repository: Repository,
  source: string,
  request: RetentionRequest,
): Promise<Retained> {
  if (request.dryRun) return retained(context, repository, source, request, undefined)
  const held = await holdIfFree(context, repository, source)
  if (held instanceof RespaldoError) return leftAlone(context, source, held)
  await using _held = held
  return await retained(context, repository, source, request, held)
}

async function holdIfFree(
  context: Context,
  repository: Repository,
  source: string,
): Promise<HeldSource | RespaldoError> {
  try {
    return await holdBackups(context, repository, source, { operation: 'apply-retention' })
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'repository-locked') return error
    throw error
  }
}

function leftAlone({ report }: Context, source: string, left: RespaldoError): Retained {
  warn(report, left)
  return { source, keep: [], remove: [], emptied: [], spared: [], left }
}

/** `held` is undefined in a dry run. */
async function retained(
  context: Context,
  repository: Repository,
  source: string,
  { policy, emptyNow }: RetentionRequest,
  held: HeldSource | undefined,
): Promise<Retained> {
  const now = context.services.clock.now()
  const facts = await readRetentionFacts(repository, source)
  const broken = unreadable(facts)
  if (broken) return leftAlone(context, source, broken)
  const plan = sparingSafety(planRetention(facts.backups, policy, now, { held: new Set() }), held)
  if (held) await forgetAll(plan, context, repository, held)
  const due = await dueInTrash(repository.store, context, source, { all: emptyNow })
  if (held) return { source, ...plan, ...(await emptyTrash(repository.store, context, held, due)) }
  const going = [
    ...(emptyNow ? plan.remove.map(({ backup }) => backup.id) : []),
    ...due.map(({ manifest }) => manifest.id),
  ]
  return { source, ...plan, emptied: going, spared: [] }
}

/** For as long as a run that died may be recovered by one, safety backups stay, whatever their age. */
function sparingSafety(plan: RetentionPlan, held: HeldSource | undefined): RetentionPlan {
  if (!held || held.deadRuns.length === 0) return plan
  const isSafety = ({ backup }: Removed) => backup.kind === 'safety'
  const spared = plan.remove.filter(isSafety).map(({ backup }): Kept => {
    return { backup, reasons: [{ rule: 'safety', text: neededToRecover }], labels: [], isExpired: false }
  })
  return { keep: [...plan.keep, ...spared], remove: plan.remove.filter(one => !isSafety(one)) }
}

/** In the order of the plan, in which no backup ever lacks what it builds on. */
async function forgetAll(
  { remove }: RetentionPlan,
  { services, report }: Context,
  { store }: Repository,
  held: HeldSource,
): Promise<void> {
  for (const { backup, reasons } of remove) {
    throwIfAborted(held.signal)
    report({ type: 'step', step: 'forget', message: `Forgetting ${backup.source}/${backup.id}` })
    await held.assertHeld()
    await forget(store, backup, {
      time: services.clock.now(),
      reason: reasons.map(({ text }) => text).join('; '),
    })
  }
}
