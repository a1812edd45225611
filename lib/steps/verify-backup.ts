import { RespaldoError } from '../errors.ts'
import { type Report, warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { manifestKey } from '../repository/layout.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Level, Proof } from '../repository/proofs.ts'
import type { Repository } from '../repository/repository.ts'
import { type Evidence, openExamination } from './examination.ts'
import { keepProof, unwritable } from './keep-proof.ts'
import { openReading } from './reading.ts'

/** How the verification of one backup came out. */
export interface Verified extends Pick<Proof, 'source' | 'level' | 'verdict' | 'seconds' | 'problems'> {
  id: string
  evidence: Evidence
  /** Keys in its folder that are none of its own. */
  stray: readonly string[]
  /** The key of the proof; absent where none could be kept. */
  proof?: string
}

/** Verifies backups of one repository; of several, the oldest should come first. */
export interface Verifier {
  /**
   * That a backup failed is a result, and its problems are told as warnings; what keeps a verdict from being found is thrown:
   * `backup-not-found` when the backup was removed meanwhile.
   */
  verify(manifest: Manifest, level: Level): Promise<Verified>
}

/** `backups` are the catalog's. No lease is needed: nothing is written but a new object for each. */
export function openVerifier(
  context: Context,
  repository: Repository,
  backups: readonly Manifest[],
): Verifier {
  const { services, report } = context
  const { clock } = services
  const examined = openExamination(context, repository, backups)
  const told = new Set<string>()

  /** What is damaged takes others down with it: until they are verified themselves they must not pass for sound. */
  async function keepFailures({ problems, ...proof }: Proof): Promise<void> {
    told.add(proof.backup)
    for (const { source, id } of backups) {
      const own = problems.filter(({ takesDown }) => takesDown.includes(`${source.id}/${id}`))
      if (source.id !== proof.source || own.length === 0 || told.has(id)) continue
      told.add(id)
      const failure = { ...proof, backup: id, level: 'checked' as const, evidence: {}, problems: own }
      await keepProof(repository.store, failure, report)
    }
  }

  return {
    async verify(manifest, level) {
      const { id, source } = manifest
      await using _ = await announced(context, repository, manifest)
      report({ type: 'step', step: 'check', message: `Verifying ${source.id}/${id} (${level})` })
      const started = clock.now()
      const began = clock.monotonic()
      const { stray, evidence, problems } = await examined(manifest, level)
      await assertStillThere(repository, manifest)
      const outcome = {
        source: source.id,
        level,
        verdict: problems.length === 0 ? ('passed' as const) : ('failed' as const),
        seconds: Math.round(clock.monotonic() - began) / 1000,
        evidence,
        problems,
      }
      tell(outcome, stray, report)
      const proof: Proof = {
        ...outcome,
        format: 1,
        backup: id,
        started: started.toISOString(),
        finished: clock.now().toISOString(),
        host: services.host,
        tool: services.tool,
      }
      const kept = await keepProof(repository.store, proof, report)
      await keepFailures(proof)
      return { id, ...outcome, stray, ...(kept ? { proof: kept } : {}) }
    },
  }
}

/** Undefined, and a warning, where nothing can be written: such a repository is verified all the same. */
async function announced(
  context: Context,
  repository: Repository,
  manifest: Manifest,
): Promise<AsyncDisposable | undefined> {
  try {
    return await openReading(context, repository, manifest, 'verify')
  } catch (error) {
    if (!(error instanceof RespaldoError) || !unwritable.includes(error.code)) throw error
    const message = `Nobody is told that ${manifest.source.id}/${manifest.id} is being read: ${error.message}`
    warn(context.report, { message, hint: error.hint })
    return undefined
  }
}

/** What retention takes away meanwhile is not damaged. */
async function assertStillThere({ store }: Repository, { source, id }: Manifest): Promise<void> {
  if (await store.stat(manifestKey(source.id, id))) return
  throw new RespaldoError('backup-not-found', `${source.id}/${id} was removed while it was verified`)
}

function tell({ problems }: Pick<Proof, 'problems'>, stray: readonly string[], report: Report): void {
  for (const { message, hint, takesDown } of problems) {
    const others = takesDown.length > 1 ? `; it takes down ${takesDown.join(', ')}` : ''
    warn(report, { message: message + others, hint })
  }
  for (const key of stray)
    warn(report, {
      message: `${key} is none of its backup's files`,
      hint: 'Nothing reads it; remove it when you know what it is.',
    })
}
