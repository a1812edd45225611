import { collect, once } from '../bytes.ts'
import { MissingObject, type Store } from '../store/store.ts'

/** Bytes of the longest object that is read: a record, or all events of one run. */
const longest = 64 * 1024 * 1024

/** The text of a small object; undefined when there is none. */
export async function readText(store: Store, key: string): Promise<string | undefined> {
  try {
    return (await collect(store.get(key), longest)).toString()
  } catch (error) {
    if (error instanceof MissingObject) return undefined
    throw error
  }
}

/** What a small object says; undefined when there is none, or it is not JSON: a medium without atomic replacement may leave half of one. */
export async function readJson(store: Store, key: string): Promise<unknown> {
  const text = await readText(store, key)
  return text === undefined ? undefined : parseJson(text)
}

/** A value of JSON; undefined when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // nothing depends on such an object: who reads it goes on as if it were not there
  }
}

/** Writes a value as a line of JSON. */
export async function writeJson(
  store: Store,
  key: string,
  value: object,
  options?: { overwrite: boolean },
): Promise<void> {
  await store.put(key, once(`${JSON.stringify(value)}\n`), options)
}
