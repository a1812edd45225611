import type { Store } from '../store/store.ts'
import type { RunHolder } from './record.ts'
import { parseJson, readText, writeJson } from './small-object.ts'

/** What a runner says of itself while runs of it are queued or under way. */
export interface RunnerDocument {
  format: 1
  holder: RunHolder
  /** Ids of its runs that are not over. */
  runs: readonly string[]
  /** Changes with every writing: two looks that find the same text found no sign of life between them. */
  beat: number
}

/** A runner's document as it was read. */
export interface FoundRunner {
  key: string
  text: string
  /** Undefined when it is not readable. */
  document: RunnerDocument | undefined
}

const folder = 'runs/open/'

/** Where the runner of that id says which runs it has. */
export const runnerKey = (runner: string): string => `${folder}${runner}.json`

/** Says anew which runs a runner has; one that has none says so by having no object. */
export async function writeRunner(store: Store, runner: string, document: RunnerDocument): Promise<void> {
  const key = runnerKey(runner)
  if (document.runs.length === 0) await store.delete([key])
  else await writeJson(store, key, document)
}

/** The runners that have runs under way. */
export async function* readRunners(store: Store): AsyncGenerator<FoundRunner> {
  for await (const key of store.list(folder, { shallow: true })) {
    const text = await readText(store, key)
    if (text !== undefined) yield { key, text, document: parse(text) }
  }
}

function parse(text: string): RunnerDocument | undefined {
  const found = parseJson(text) as Partial<RunnerDocument> | null | undefined
  const isDocument = Array.isArray(found?.runs) && typeof found.holder?.host === 'string'
  return isDocument ? (found as RunnerDocument) : undefined
}
