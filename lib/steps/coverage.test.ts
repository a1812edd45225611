import { expect, test } from 'vitest'
import { coverOf, type SeenDatabase, type SeenVolume, uncoveredOf } from './coverage.ts'

const database = (id: string, isBackedUp: boolean): SeenDatabase => ({
  id,
  place: { container: id },
  isBackedUp,
})
const volume = (id: string, isBackedUp: boolean, ...users: SeenVolume['users']): SeenVolume => ({
  id,
  isBackedUp,
  users,
})
const server = { name: 'pg', database: 'image postgres:17' }
const web = { name: 'web', database: undefined }

test('a volume is covered by its own backups, else by those of the database whose files it holds', () => {
  const databases = [database('shop', true), database('pg', true)]
  expect(coverOf(volume('data', true, server), databases)).toBe('data')
  expect(coverOf(volume('data', false, web, server), databases)).toBe('pg')
  expect(coverOf(volume('data', false, web), [database('web', true)])).toBeUndefined()
  expect(coverOf(volume('data', false, server), [database('pg', false)])).toBeUndefined()
})

test('what nothing covers is told once', () => {
  const databases = [database('pg', false), database('pg', false), database('shop', true)]
  const volumes = [volume('data', false, server), volume('uploads', true), volume('cache', false)]
  expect(uncoveredOf(databases, volumes)).toEqual([
    { id: 'pg', kind: 'database' },
    { id: 'data', kind: 'volume' },
    { id: 'cache', kind: 'volume' },
  ])
})
