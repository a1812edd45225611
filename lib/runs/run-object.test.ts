import { expect, test } from 'vitest'
import { runRecord } from '../../tests/fixtures/runs.ts'
import { once } from '../bytes.ts'
import { memoryStore } from '../store/memory.ts'
import { isRunId, listRuns, pruneRuns, readEvents, readRun, writeEvents, writeRun } from './run-object.ts'

const id = (day: number, number: number) => `202504${`${day}`.padStart(2, '0')}t160000z-0000000${number}`
const keys = async (store: ReturnType<typeof memoryStore>) => Array.fromAsync(store.list(''))

test('a record lies with its day, and its events beside it', async () => {
  const store = memoryStore()
  const events = [{ id: 1, time: 't', event: { type: 'done' as const, result: {} } }]
  await writeRun(store, runRecord(id(8, 1)))
  await writeEvents(store, id(8, 1), events)
  expect(await keys(store)).toEqual([
    'runs/2025-04-08/20250408t160000z-00000001.json',
    'runs/2025-04-08/20250408t160000z-00000001.ndjson',
  ])
  expect(await readRun(store, id(8, 1))).toEqual(runRecord(id(8, 1)))
  expect(await readEvents(store, id(8, 1))).toEqual(events)
})

test('what is no id of a run is looked for nowhere', async () => {
  const store = memoryStore()
  for (const name of [
    '',
    '..',
    '../../respaldo',
    '20250408t160000z-0000000',
    `${id(8, 1)}/x`,
    '%2e%2e',
    'open',
  ])
    expect([isRunId(name), await readRun(store, name), await readEvents(store, name)]).toEqual([
      false,
      undefined,
      undefined,
    ])
})

test('a record that was cut short, or is another one, is none', async () => {
  const store = memoryStore()
  await store.put('runs/2025-04-08/20250408t160000z-00000001.json', once('{"format":1,'))
  await store.put('runs/2025-04-08/20250408t160000z-00000002.json', once(JSON.stringify(runRecord(id(8, 3)))))
  expect(await listRuns(store, { limit: 9 })).toEqual([])
})

test('lists the newest first, over days, as many as are wanted', async () => {
  const store = memoryStore()
  for (const day of [7, 9, 8]) for (const number of [1, 2]) await writeRun(store, runRecord(id(day, number)))
  await writeRun(store, runRecord(id(8, 3), { function: 'verify', state: 'failed', source: 'shop' }))
  const listed = async (filter: object) =>
    (await listRuns(store, { limit: 99, ...filter })).map(({ id }) => id)
  expect(await listed({})).toEqual([id(9, 2), id(9, 1), id(8, 3), id(8, 2), id(8, 1), id(7, 2), id(7, 1)])
  expect(await listed({ limit: 3 })).toEqual([id(9, 2), id(9, 1), id(8, 3)])
  for (const filter of [{ function: 'verify' }, { state: 'failed' }, { source: 'shop' }])
    expect(await listed(filter)).toEqual([id(8, 3)])
})

test('prunes whole days, and nothing that is not one', async () => {
  const store = memoryStore()
  for (const day of [6, 7, 8]) await writeRun(store, runRecord(id(day, 1)))
  await writeEvents(store, id(6, 1), [])
  await store.put('runs/open/x.json', once('{}'))
  await pruneRuns(store, { now: new Date('2025-04-09T15:00:00Z'), days: 2 })
  expect(await keys(store)).toEqual([
    'runs/2025-04-07/20250407t160000z-00000001.json',
    'runs/2025-04-08/20250408t160000z-00000001.json',
    'runs/open/x.json',
  ])
})
