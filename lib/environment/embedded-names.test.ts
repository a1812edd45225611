import { expect, test } from 'vitest'
import { freeStamp, isSide, keptAt, nameProblem, namesOf } from './embedded-names.ts'

const names = namesOf('/srv/mi_before_base')

test('names beside a folder are told apart from those beside another one', () => {
  expect(names.kept('20250408T160000Z')).toBe('/srv/mi_before_base_before_20250408T160000Z')
  expect(keptAt('mi_before_base_before_20250408T160000Z', names.base)).toBe('2025-04-08T16:00:00Z')
  expect(keptAt('mi_before_base_before_20250408T160000Z-2', names.base)).toBe('2025-04-08T16:00:00Z')
  for (const other of [
    'mi_before_base_before_',
    'mi_before_base',
    'otra_before_20250408T160000Z',
    'mi_before_base_before_20250408T160000Zx',
  ])
    expect(keptAt(other, names.base)).toBeUndefined()
  expect(keptAt('mi_before_20250408T160000Z_before_20250408T160000Z', 'mi')).toBeUndefined()
  expect(isSide('mi_before_base_restoring_20250408T160000Z', names.base)).toBe(true)
  expect(isSide('mi_before_base_restoring_', names.base)).toBe(false)
})

test('two restores of one second do not share a name', () => {
  const time = new Date('2025-04-08T16:00:00Z')
  expect(freeStamp(time, names, [])).toBe('20250408T160000Z')
  const taken = ['mi_before_base_before_20250408T160000Z', 'mi_before_base_restoring_20250408T160000Z-2']
  expect(freeStamp(time, names, taken)).toBe('20250408T160000Z-3')
})

test('a new folder has an ordinary name', () => {
  for (const name of [
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a\nb',
    '\u0085',
    'x'.repeat(201),
    'a_before_20250408T160000Z',
    'a_swapping.json',
  ])
    expect(nameProblem(name), name).toBeTypeOf('string')
  for (const name of ['copia', 'años 2024', 'x'.repeat(200), 'a_before_b'])
    expect(nameProblem(name), name).toBeUndefined()
})
