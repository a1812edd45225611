import { expect, test } from 'vitest'
import type { DatabaseManifest } from '../repository/manifest.ts'
import { candidates, chooseForDrill } from './drill-choice.ts'
import { recoverySeconds } from './drill-report.ts'

const backup = (id: string, chain: string, more: Partial<DatabaseManifest> = {}) =>
  ({ id, chain, source: { kind: 'postgres' }, kind: 'regular', scope: {}, ...more }) as DatabaseManifest
const backups = candidates([
  backup('6', '6', { kind: 'safety' }),
  backup('5', '5', { scope: { schemaOnly: true } }),
  backup('4', '3'),
  backup('3', '3'),
  backup('2', '1'),
  backup('1', '1'),
])

test('the newest of a whole database is what would be restored', () => {
  expect(chooseForDrill(backups, 'database-lost')?.id).toBe('4')
  expect(chooseForDrill(backups, 'server-lost')?.id).toBe('4')
})

test('when it is damaged, the newest of another chain is', () => {
  expect(chooseForDrill(backups, 'newest-damaged')?.id).toBe('2')
  expect(chooseForDrill(backups.slice(0, 2), 'newest-damaged')).toBeUndefined()
})

test('a recovery lasts from the order to the compared database', () => {
  const seconds = { read: 1, scratch: 2, roles: 4, data: 8, compare: 16, dumps: 32, checks: 64 }
  expect(recoverySeconds({ seconds }, 'database-lost')).toBe(28)
  expect(recoverySeconds({ seconds }, 'server-lost')).toBe(30)
})
