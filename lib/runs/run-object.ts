import { once } from '../bytes.ts'
import { dayMilliseconds } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { NumberedEvent, RunRecord, RunState } from './record.ts'
import { readJson, readText, writeJson } from './small-object.ts'

/** Reads of records under way at once. */
const atOnce = 32

const named = /^(\d{4})(\d\d)(\d\d)t\d{6}z-[0-9a-f]{8}$/
const dayFolder = /^runs\/(\d{4}-\d\d-\d\d)\/$/

/** True for what `Services.newRun` makes: only such an id becomes a key. */
export const isRunId = (id: string): boolean => named.test(id)

function keyOf(id: string, ending: 'json' | 'ndjson'): string {
  const [, year, month, day] = named.exec(id) ?? []
  if (year === undefined) throw new TypeError(`${id} is no id of a run`)
  return `runs/${year}-${month}-${day}/${id}.${ending}`
}

/** Writes the record over what was known of the run before. */
export function writeRun(store: Store, record: RunRecord): Promise<void> {
  return writeJson(store, keyOf(record.id, 'json'), record)
}

/** Undefined when there is no such run, or its record cannot be read. */
export async function readRun(store: Store, id: string): Promise<RunRecord | undefined> {
  if (!isRunId(id)) return undefined
  const record = (await readJson(store, keyOf(id, 'json'))) as Partial<RunRecord> | undefined
  return record?.format === 1 && record.id === id ? (record as RunRecord) : undefined
}

/** The error for an id that no run has, or none has any more. */
export const noSuchRun = (id: string): RespaldoError =>
  new RespaldoError('run-not-found', `There is no run ${id}`, {
    hint: '`respaldo runs`, or GET /api/runs, lists those that are kept.',
  })

/** Removes a record that no run came of. */
export function removeRun(store: Store, id: string): Promise<void> {
  return store.delete([keyOf(id, 'json')])
}

/** Keeps the events of a run that is over. */
export async function writeEvents(store: Store, id: string, events: readonly NumberedEvent[]): Promise<void> {
  await store.put(keyOf(id, 'ndjson'), once(...events.map(event => `${JSON.stringify(event)}\n`)))
}

/** The kept events in order; undefined where none are, as of a run that was interrupted. */
export async function readEvents(store: Store, id: string): Promise<NumberedEvent[] | undefined> {
  const text = isRunId(id) ? await readText(store, keyOf(id, 'ndjson')) : undefined
  return text
    ?.split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as NumberedEvent)
}

/** Which runs are wanted. */
export interface RunFilter {
  function?: string | undefined
  state?: RunState | undefined
  source?: string | undefined
  limit: number
}

/** The newest first, by the second at which they were queued; no more days are read than the limit needs. */
export async function listRuns(store: Store, filter: RunFilter): Promise<RunRecord[]> {
  const found: RunRecord[] = []
  for await (const ids of newestFirst(store)) {
    const records = await Promise.all(ids.map(id => readRun(store, id)))
    found.push(...records.filter(record => record !== undefined).filter(fits(filter)))
    if (found.length >= filter.limit) break
  }
  return found.slice(0, filter.limit)
}

const fits = (filter: RunFilter) => (record: RunRecord) =>
  (filter.function ?? record.function) === record.function &&
  (filter.state ?? record.state) === record.state &&
  (filter.source === undefined || filter.source === record.source)

/** Removes the runs of days that ended so many days ago. */
export async function pruneRuns(store: Store, { now, days }: { now: Date; days: number }): Promise<void> {
  const first = new Date(now.getTime() - days * dayMilliseconds).toISOString().slice(0, 10)
  for (const day of await daysIn(store))
    if (day < first) await store.delete(await Array.fromAsync(store.list(`runs/${day}/`)))
}

async function* newestFirst(store: Store): AsyncGenerator<string[]> {
  for (const day of (await daysIn(store)).reverse()) {
    const folder = `runs/${day}/`
    const keys = await Array.fromAsync(store.list(folder, { shallow: true }))
    const ids = keys
      .filter(key => key.endsWith('.json'))
      .map(key => key.slice(folder.length, -'.json'.length))
      .reverse()
    for (let at = 0; at < ids.length; at += atOnce) yield ids.slice(at, at + atOnce)
  }
}

async function daysIn(store: Store): Promise<string[]> {
  const names = await Array.fromAsync(store.list('runs/', { shallow: true }))
  return names.map(name => dayFolder.exec(name)?.[1]).filter(day => day !== undefined)
}
