import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decided } from '../../tests/doubles/retention-case.ts'
import type { RetentionBackup } from './backup.ts'
import { planRetention } from './plan.ts'
import { retentionPolicy } from './policy.ts'

const vectors = new URL('../../tests/vectors/retention/', import.meta.url)
const names = readdirSync(vectors)

test('there are cases', () => expect(names).toHaveLength(22))

test.each(names)('decides as %s says', async name => {
  const file = new URL(name, vectors)
  await expect(decided(readFileSync(file, 'utf8'))).toMatchFileSnapshot(file.pathname)
})

const backup: RetentionBackup = {
  source: 'shop',
  id: '20260310T010000Z-full',
  scope: 'whole',
  kind: 'regular',
  type: 'full',
  chain: '20260310T010000Z-full',
  started: '2026-03-10T01:00:00.000Z',
  bytes: 1000,
  proven: false,
  failed: false,
  pinned: true,
  accepted: false,
}
const plan = (backups: RetentionBackup[]) =>
  planRetention(backups, retentionPolicy([], 'UTC'), new Date('2026-03-10T12:00:00Z'), { held: new Set() })

test('reasons name the rule and the period that the backup stands for, and labels are the rules alone', () => {
  expect(plan([backup]).keep).toEqual([
    {
      backup,
      reasons: [
        { rule: 'daily', period: '2026-03-10', text: 'the newest of the day 2026-03-10' },
        { rule: 'weekly', period: '2026-W11', text: 'the newest of the week 2026-W11' },
        { rule: 'monthly', period: '2026-03', text: 'the newest of the month 2026-03' },
        { rule: 'full', text: 'one of the last 3 fulls' },
        { rule: 'newest', text: 'the newest backup' },
        { rule: 'pinned', text: 'pinned' },
      ],
      labels: ['daily', 'weekly', 'monthly', 'full'],
      isExpired: false,
    },
  ])
})

test('no backups are an empty plan', () => {
  expect(plan([])).toEqual({ keep: [], remove: [] })
})

test('manifests that name each other as parents do not hang it', () => {
  const loop = ['a', 'b'].map((id, index, all): RetentionBackup => {
    return { ...backup, id, pinned: false, type: 'incremental', chain: 'x', parent: all[1 - index]! }
  })
  const newest = { ...backup, id: 'c' }
  expect(plan([...loop, newest]).remove.map(({ backup: { id } }) => id)).toEqual(['b', 'a'])
  expect(plan(loop).keep.map(({ backup: { id } }) => id)).toEqual(['b', 'a'])
})
