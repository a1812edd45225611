import { expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { emptyServices } from '../../tests/doubles/services.ts'
import { makeBackup } from '../../tests/fixtures/backups.ts'
import { silent } from '../events.ts'
import { openRepository } from '../repository/repository.ts'
import { forget } from '../repository/trash.ts'
import { memoryStore } from '../store/memory.ts'
import { openReading } from './reading.ts'

test('a backup that was forgotten before it could be announced is not read', async () => {
  const clock = manualClock()
  const store = memoryStore()
  const repository = await openRepository(store, clock, { create: true })
  const context = { services: emptyServices({ clock }), report: silent, signal: new AbortController().signal }
  const manifest = await makeBackup(repository, { started: '2025-04-08T10:00:00Z' })
  const readers = () => Array.fromAsync(store.list('leases/pc_db/readers/'))

  const reading = await openReading(context, repository, manifest, 'restore')
  expect(await readers()).toHaveLength(1)
  await reading[Symbol.asyncDispose]()

  await forget(store, { source: 'pc_db', id: manifest.id }, { time: clock.now(), reason: 'a test' })
  await expect(openReading(context, repository, manifest, 'restore')).rejects.toMatchObject({
    code: 'backup-not-found',
    hint: expect.stringContaining(`respaldo undo ${manifest.id}`),
  })
  expect(await readers()).toEqual([])
})
