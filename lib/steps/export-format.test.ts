import { expect, test } from 'vitest'
import type { DatabaseManifest } from '../repository/manifest.ts'
import {
  assertExportable,
  databaseFormats,
  defaultName,
  formatFor,
  formatOf,
  metadataPath,
  volumeFormats,
} from './export-format.ts'

const manifest = {
  id: '20250408T220000Z-full',
  profile: 'production',
  scope: {},
  started: '2025-04-08T22:00:05.123Z',
  archive: { format: 'custom' },
} as DatabaseManifest

test('usual names carry the time of the backup in the time zone', () => {
  expect(defaultName(manifest, 'sql.gz', 'UTC')).toBe('backup_full_20250408_220005.sql.gz')
  expect(defaultName(manifest, 'sql.gz', 'Europe/Madrid')).toBe('backup_full_20250409_000005.sql.gz')
  expect(defaultName(manifest, 'tar.gz', 'UTC')).toBe('database_production_20250408_220005.tar.gz')
  const named = (scope: DatabaseManifest['scope']) => defaultName({ ...manifest, scope }, 'dump', 'UTC')
  expect(named({ schemaOnly: true })).toBe('backup_schema_20250408_220005.dump')
  expect(named({ tables: ['t'] })).toBe('backup_part_20250408_220005.dump')
})

test('the name says the format, unless it is given', () => {
  const named = ['a.dump', 'a.dump.zst', 'a.sql', 'a.SQL.GZ', 'a.tar.gz', 'a.gz', 'dump', 'sql/a'].map(
    formatOf,
  )
  expect(named).toEqual(['dump', 'dump.zst', 'sql', 'sql.gz', 'tar.gz', undefined, undefined, undefined])
  expect(formatFor('a.sql', undefined, databaseFormats)).toBe('sql')
  expect(formatFor('a.backup', 'dump', databaseFormats)).toBe('dump')
  expect(formatFor('a.tar.zst', undefined, volumeFormats)).toBe('tar.zst')
  for (const [path, given] of [
    ['a.backup', undefined],
    ['a.sql', 'dump'],
    ['a.tar', undefined],
  ] as const)
    expect(() => formatFor(path, given, databaseFormats)).toThrow(
      expect.objectContaining({ code: 'input-invalid' }),
    )
  expect(metadataPath('to/database_x.tar.gz')).toBe('to/database_x_metadata.json')
})

test('levels that a format does not have are refused, and archives of SQL text', () => {
  const invalid = expect.objectContaining({ code: 'input-invalid', hint: expect.any(String) })
  const plain = { ...manifest, archive: { format: 'plain' } } as DatabaseManifest
  for (const format of ['dump', 'sql'] as const)
    expect(() => assertExportable(format, 1, manifest)).toThrow(invalid)
  for (const level of [0, 10]) expect(() => assertExportable('sql.gz', level, manifest)).toThrow(invalid)
  for (const format of ['dump', 'dump.zst'] as const)
    expect(() => assertExportable(format, undefined, plain)).toThrow(invalid)
  assertExportable('sql.gz', 9, plain)
  assertExportable('tar.gz', undefined, plain)
  assertExportable('dump.zst', 19, manifest)
})
