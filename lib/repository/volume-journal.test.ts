import { expect, test } from 'vitest'
import { once } from '../bytes.ts'
import { memoryStore } from '../store/memory.ts'
import { clearVolumeEntry, putVolumeEntry, readVolumeEntries, type VolumeEntry } from './volume-journal.ts'

const entry = (run: string, source = 'volume.app'): VolumeEntry => ({
  phase: 'making',
  run,
  source,
  holder: { host: 'here', pid: 1, startedAt: '', function: 'restore' },
  place: { environment: 'docker', volume: 'app' },
  backup: 'volume.app/1',
  since: '2026-03-10T12:00:00.000Z',
})

test('what is unfinished is found by its source until it is cleared', async () => {
  const store = memoryStore()
  await putVolumeEntry(store, entry('1'))
  await putVolumeEntry(store, entry('2', 'volume.other'))
  expect(await readVolumeEntries(store)).toMatchObject([{ run: '1' }, { run: '2' }])
  expect(await readVolumeEntries(store, 'volume.other')).toMatchObject([{ run: '2' }])
  await clearVolumeEntry(store, '1')
  await clearVolumeEntry(store, '1')
  expect(await readVolumeEntries(store)).toMatchObject([{ run: '2' }])
})

test.each([
  ['{"format":2}', 'version-mismatch'],
  ['{"format":1}', 'data-corrupt'],
  ['null', 'data-corrupt'],
  ['{', 'data-corrupt'],
])('%s is not passed over', async (text, code) => {
  const store = memoryStore()
  await store.put('journal/volumes/x.json', once(text))
  await expect(readVolumeEntries(store)).rejects.toMatchObject({ code })
})
