import type { Store } from '../store/store.ts'
import { readJson, writeJson } from './small-object.ts'

const folder = 'runs/cancel/'
const keyOf = (run: string): string => `${folder}${run}.json`

/** Asks the runner that has the run to cancel it; it looks every few seconds. */
export function askToCancel(store: Store, run: string, reason: string): Promise<void> {
  return writeJson(store, keyOf(run), { format: 1, reason })
}

/** The ids of the runs that somebody asks to cancel. */
export async function runsToCancel(store: Store): Promise<string[]> {
  const keys = await Array.fromAsync(store.list(folder, { shallow: true }))
  return keys.map(key => key.slice(folder.length, -'.json'.length))
}

/** Why it is to be cancelled; after this nobody asks any more. */
export async function takeCancel(store: Store, run: string): Promise<string> {
  const asked = (await readJson(store, keyOf(run))) as { reason?: string } | undefined
  await store.delete([keyOf(run)])
  return asked?.reason ?? 'cancelled'
}
