import { backupsIn } from '../runs/outcome.ts'
import type { RunRecord } from '../runs/record.ts'
import type { Step } from './schedule.ts'

/** What ended well before a step. */
export interface Before {
  record: Pick<RunRecord, 'source' | 'input'>
  result: unknown
}

/** The sources that a run was about: those of the backups that it made, else the one where it worked or that it was given. */
export function sourcesOf({ record, result }: Before): readonly string[] {
  const made = new Set(backupsIn(result).map(({ source }) => source.id))
  if (made.size > 0) return [...made]
  const { source = record.input.source } = record
  return typeof source === 'string' ? [source] : []
}

/** The inputs with which a step follows: once for each source, where the function takes one and its input names none. */
export function followingInputs(
  { input }: Step,
  { sources, takesSource }: { sources: readonly string[]; takesSource: boolean },
): readonly Step['input'][] {
  if (!takesSource || 'source' in input || sources.length === 0) return [input]
  return sources.map(source => ({ ...input, source }))
}
