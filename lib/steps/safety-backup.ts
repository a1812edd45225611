import { drain } from '../bytes.ts'
import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { Safety } from '../postgres/database.ts'
import { walked } from '../postgres/walk.ts'
import { nobodyRests } from '../volumes/quiesce.ts'
import { type BackupParts, backUp, preflight } from './backup.ts'
import { restoreInput } from './restore-input.ts'

/** Backs up what is about to be dropped, and reads it back: every chunk by its sum, the archive to its end. */
export async function safetyBackup(
  context: Context,
  parts: Omit<BackupParts, 'info' | 'resting'>,
): Promise<Safety> {
  const { located, repository, held } = parts
  const info = await preflight(located, repository, held.signal)
  const request = { kind: 'safety' as const, reason: 'before a restore that drops first', scope: {} }
  const manifest = await backUp(request, context, { ...parts, info, resting: nobodyRests })
  const reference = `${manifest.source.id}/${manifest.id}`
  const input = await restoreInput(repository, manifest)
  context.report({ type: 'step', step: 'check', message: `Reading the safety backup ${reference} back` })
  const stored = counted(input.open(held.signal), 'check', context.report, { totalBytes: input.rawBytes })
  await drain(walked(stored, input.format).bytes)
  return { reference, input }
}
