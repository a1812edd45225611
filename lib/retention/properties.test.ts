import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histories, policies } from '../../tests/doubles/retention-arbitrary.ts'
import type { RetentionBackup } from './backup.ts'
import { planRetention, type RetentionPlan } from './plan.ts'
import { type GivenRetention, retentionPolicy } from './policy.ts'

const now = new Date('2026-03-10T12:00:00Z')
const zone = 'Europe/Madrid'

function plan(
  backups: readonly RetentionBackup[],
  given: GivenRetention,
  held: string[] = [],
): RetentionPlan {
  return planRetention(backups, retentionPolicy([given], zone), now, { held: new Set(held) })
}

const placeOf = ({ source, id }: RetentionBackup) => `${source}/${id}`
const parentOf = ({ source, parent }: RetentionBackup) => `${source}/${parent}`
const places = (decided: readonly { backup: RetentionBackup }[]) =>
  decided.map(({ backup }) => placeOf(backup))
const keptOf = (backups: readonly RetentionBackup[], given: GivenRetention) =>
  plan(backups, given).keep.map(({ backup }) => backup)

/** The newest of each source and scope. */
function newestOf(backups: readonly RetentionBackup[]): RetentionBackup[] {
  const sorted = backups.toSorted((a, b) => (`${a.started} ${a.id}` < `${b.started} ${b.id}` ? -1 : 1))
  const regular = sorted.filter(({ kind }) => kind === 'regular')
  return [...new Map(regular.map(backup => [`${backup.source} ${backup.scope}`, backup])).values()]
}

const holds = (property: (backups: RetentionBackup[], given: GivenRetention) => void) =>
  fc.assert(fc.property(histories, policies, property), { numRuns: 200 })

test('every backup is kept or removed, once, with reasons', () =>
  holds((backups, given) => {
    const { keep, remove } = plan(backups, given)
    expect([...places(keep), ...places(remove)].sort()).toEqual(backups.map(placeOf).sort())
    for (const { reasons } of [...keep, ...remove]) expect(reasons).not.toEqual([])
  }))

test('the order of the backups does not matter', () =>
  holds((backups, given) => {
    expect(plan(backups.toReversed(), given)).toEqual(plan(backups, given))
  }))

test('the newest, the newest proven, the newest that did not fail and the pinned ones are kept', () =>
  holds((backups, given) => {
    const never = [
      ...newestOf(backups),
      ...newestOf(backups.filter(({ proven }) => proven)),
      ...newestOf(backups.filter(({ failed }) => !failed)),
      ...backups.filter(({ pinned }) => pinned),
    ]
    expect(keptOf(backups, given)).toEqual(expect.arrayContaining(never))
  }))

test('a kept incremental keeps its whole chain, as far as that is there', () =>
  holds((backups, given) => {
    const all = new Set(backups.map(placeOf))
    const kept = new Set(keptOf(backups, given).map(placeOf))
    for (const backup of backups)
      if (kept.has(placeOf(backup)) && all.has(parentOf(backup))) expect(kept).toContain(parentOf(backup))
  }))

test('at no moment of the removal does a backup lack what it builds on', () =>
  holds((backups, given) => {
    const left = new Map(backups.map(backup => [placeOf(backup), backup]))
    for (const { backup } of plan(backups, given).remove) {
      left.delete(placeOf(backup))
      expect([...left.values()].map(parentOf)).not.toContain(placeOf(backup))
    }
  }))

test('chains are removed one after the other', () =>
  holds((backups, given) => {
    const chains = plan(backups, given).remove.map(({ backup: { source, chain } }) => `${source}/${chain}`)
    const changes = chains.filter((chain, index) => chain !== chains[index - 1])
    expect(changes).toHaveLength(new Set(chains).size)
  }))

test('what was decided stays decided: another pass over what is left removes nothing', () =>
  holds((backups, given) => {
    expect(plan(keptOf(backups, given), given).remove).toEqual([])
  }))

test('a policy that asks for more never removes more', () => {
  const numbers = [
    'daily',
    'weekly',
    'monthly',
    'yearly',
    'full',
    'last',
    'days',
    'minimum',
    'safetyDays',
  ] as const
  const more = fc.tuple(fc.constantFrom(...numbers), fc.integer({ min: 1, max: 10 }))
  fc.assert(
    fc.property(histories, policies, more, (backups, given, [rule, count]) => {
      const larger = { ...given, [rule]: given[rule] + count }
      expect(keptOf(backups, larger)).toEqual(expect.arrayContaining(keptOf(backups, given)))
    }),
    { numRuns: 200 },
  )
})

test('a backup is expired exactly when nothing but its chain wants it', () =>
  holds((backups, given) => {
    for (const { reasons, labels, isExpired } of plan(backups, given).keep) {
      expect(isExpired).toBe(!reasons.some(({ rule }) => rule !== 'chain'))
      if (isExpired) expect(labels).toEqual([])
    }
  }))

test('a source that another run holds loses nothing, and the others what they would lose anyway', () =>
  holds((backups, given) => {
    const others = plan(backups, given).remove.filter(({ backup }) => backup.source !== 'shop')
    expect(plan(backups, given, ['shop']).remove).toEqual(others)
  }))

test('safety backups change nothing for the others, and go by their age alone', () =>
  holds((backups, given) => {
    const regular = backups.filter(({ kind }) => kind === 'regular')
    const { keep, remove } = plan(backups, given)
    expect(remove.filter(({ backup }) => backup.kind === 'regular')).toEqual(plan(regular, given).remove)
    for (const { backup } of keep.filter(({ backup: { kind, pinned } }) => kind === 'safety' && !pinned))
      expect(now.getTime() - Date.parse(backup.started)).toBeLessThan((given.safetyDays ?? 7) * 86_400_000)
  }))
